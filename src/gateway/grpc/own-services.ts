/** What gRPC ports answer themselves, whichever agent is meant. */
export const ownServices: ReadonlySet<string> = new Set([
  'lf.a2a.v1.A2AService',
  'a2a.v1.A2AService',
  'pixell.agent.AgentService',
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
]);

/** Served on the ports of deployments that ask for it. */
export const pythonAgentName = 'pixell.python_agent.PythonAgent';

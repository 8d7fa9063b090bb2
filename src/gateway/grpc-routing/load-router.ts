import type { CallRouter } from './call-router.ts';
import type { RoutingDesk } from './routing-desk.ts';

/** What gRPC ports answer themselves, whichever agent is meant. */
const ownServices: ReadonlySet<string> = new Set([
  'lf.a2a.v1.A2AService',
  'a2a.v1.A2AService',
  'pixell.agent.AgentService',
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
]);

/** How the router of a port is made when the first connection comes. `further`: more services that the port answers itself. */
export function createRouterLoader(desk: RoutingDesk, further: readonly string[] = []): () => Promise<CallRouter> {
  const isOwn = (service: string): boolean => ownServices.has(service) || further.includes(service);
  return async () => (await import('./call-router.ts')).createCallRouter(desk, isOwn);
}

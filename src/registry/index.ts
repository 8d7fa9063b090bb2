export { createDiscoveryAgent, type DiscoveryAgentOptions } from './discovery-agent.ts';
export type {
  AgentListing,
  AgentStatus,
  Endpoint,
  EndpointSurfaces,
  GrpcSurface,
  Registry,
  Slot,
  SurfacePlace,
} from './port.ts';
export type {
  CodeEdit,
  PackedValues,
  PythonChunk,
  PythonExecution,
  PythonOutcome,
  PythonRetry,
  PythonSessionState,
  PythonSessions,
  PythonSink,
  PythonTier,
} from './python-sessions.ts';
export { createRegistry } from './registry.ts';

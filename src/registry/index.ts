export type { AgentQuery } from './agent-query.ts';
export { createDiscoveryAgent, type DiscoveryAgentOptions } from './discovery-agent.ts';
export type { Execute, Execution } from './execution-skill.ts';
export { createFabricAgent, type FabricAgentOptions } from './fabric-agent.ts';
export {
  createFabricSource,
  type FabricSource,
  type FabricSourceOptions,
  fabricSourceCollections,
} from './fabric-source.ts';
export type {
  AgentListing,
  AgentStatus,
  CallFacts,
  Endpoint,
  EndpointSource,
  EndpointSurfaces,
  GrpcFacts,
  GrpcSurface,
  Registry,
  RegistryChange,
  Slot,
  SurfacePlace,
} from './port.ts';
export type { FabricNode, PublishedEndpoint } from './published-endpoints.ts';
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
export { createRegistry, type RegistryOptions } from './registry.ts';
export {
  createRemoteAgents,
  type RemoteAgentSettings,
  type RemoteAgents,
  type RemoteAgentsOptions,
  type RemoteAgentView,
  type RemoteLink,
  type RemoteSource,
} from './remote-agents.ts';
export type { SelectionPolicy, SelectionRule, SelectionSettings } from './selection.ts';

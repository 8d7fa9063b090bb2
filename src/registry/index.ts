export { createDiscoveryAgent, type DiscoveryAgentOptions } from './discovery-agent.ts';
export type { AgentListing, AgentStatus, Endpoint, EndpointSurfaces, Registry, Slot, SurfacePlace } from './port.ts';
export { createRegistry } from './registry.ts';

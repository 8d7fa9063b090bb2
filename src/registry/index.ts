export { createDiscoveryAgent, type DiscoveryAgentOptions } from './discovery-agent.ts';
export type { AgentListing, AgentStatus, Endpoint, Registry, Slot } from './port.ts';
export { createRegistry } from './registry.ts';

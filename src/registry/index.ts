export type { AgentListing, AgentStatus, Endpoint, Registry, Slot } from './port.ts';

/** `disabled`: an operator took it out; it runs, but takes no new calls. */
export type AgentStatus = 'starting' | 'healthy' | 'disabled' | 'failed' | 'stopped';

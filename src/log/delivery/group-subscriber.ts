import type { Subscription } from './subscribe.ts';
import type { SubscribeOptions } from './subscribe-options.ts';

/**
 * Handles the records of topics as a member of a group, as `subscribe` does, on the node's own log. What fails for good becomes a dead letter
 * of the record; when an operator redrives it, `handle` gets it again, with `isRedriven`, never beside another record of its key.
 */
export type GroupSubscriber = (options: GroupOptions) => Promise<Subscription>;

export interface GroupOptions extends Omit<SubscribeOptions, 'log' | 'onExhausted' | 'clock' | 'logger'> {
  /** On whose behalf, for those who look for the dead letters of an agent. */
  readonly agentId?: string;
}

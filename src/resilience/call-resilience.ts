import type { Breakers } from './breakers.ts';
import type { ResilienceConfig } from './settings.ts';

/** What calls of agents are guarded by, with a task or without. */
export interface CallResilience {
  readonly config: ResilienceConfig;
  readonly breakers: Pick<Breakers, 'refusal' | 'isProbing' | 'enter' | 'leave'>;
}

import type { AgentExecutor } from '../../agents/index.ts';
import type { WorkerView } from '../deployments/model.ts';

/** What does the work of one deployment: worker processes, or a program that is started for each call. */
export interface Workforce {
  readonly executor: AgentExecutor;
  /** Calls it takes at once now. */
  readonly capacity: number;
  readonly views: readonly WorkerView[];
  start(): void;
  /** Renews all workers, one after the other, without a gap. Rejects with WORKER_START_FAILED, the old ones then go on. */
  restart(): Promise<void>;
  /** Drains; resolves when no process is left. */
  stop(): Promise<void>;
  /** Ends every process at once, without grace. */
  kill(reason: string): Promise<void>;
}

/** What a workforce tells the deployment it works for. */
export interface WorkforceReport {
  /** All of it is ready for calls; `skills`: ids that can be called. */
  ready(skills: readonly string[]): void;
  /** None of it takes calls for now; what happens next, in a sentence. */
  lost(message: string): void;
  /** It has given up. */
  failed(message: string): void;
  /** Capacity or views changed. */
  changed(): void;
}

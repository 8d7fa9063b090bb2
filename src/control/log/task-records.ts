import type { JsonValue, StateView } from '../../base/index.ts';
import type { Log, LogRecord } from '../../log/index.ts';
import type { Part } from '../../protocol/index.ts';
import type { Erasure } from '../../tasks/index.ts';

/** What an erasure takes away, of tasks and of negotiations. */
export interface LogErasure extends Erasure {
  /** Negotiations that had ended, whose contents are gone from the store. */
  readonly negotiations: number;
}

/** What the store and the log have of tasks and negotiations. */
export interface TaskRecords {
  states(): AsyncIterable<StateView>;
  /** The parts with their bytes in memory. */
  attach(parts: readonly Part[]): Promise<readonly Part[]>;
  /** The log with what was sealed in it open, as far as it was not erased. */
  unseal(log: Pick<Log, 'read' | 'describeTopic'>): Pick<Log, 'read' | 'describeTopic'>;
  /** A decoded value of the log with what was sealed in it open, as far as it was not erased. */
  openValue(headers: LogRecord['headers'], value: JsonValue): Promise<JsonValue>;
  /** Takes one party's data away, from log and store; a dry run says what that would be. */
  erase(party: string, isDry: boolean): Promise<LogErasure>;
}

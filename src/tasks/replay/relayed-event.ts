import type { LogRecord } from '../../log/index.ts';
import { taskJournal } from '../events.ts';

/** An event of a task's journal as the log has it. */
export interface RelayedEvent {
  readonly taskId: string;
  readonly sequence: number;
  /** Undefined: it was too large for the log, or it cannot be read. */
  readonly event: string | undefined;
}

/** What the record says; undefined when it is no event of a task. What it holds is not trusted: nobody has checked who wrote it. */
export function readRelayedEvent({ key, value, headers }: LogRecord): RelayedEvent | undefined {
  const sequence = Number(headers['sequence']);
  if (key === undefined || headers['entity'] !== `${taskJournal}/${key}` || !Number.isSafeInteger(sequence)) return;
  if (sequence < 1) return;
  if (value === null || value.length === 0) return { taskId: key, sequence, event: undefined };
  return { taskId: key, sequence, event: Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8') };
}

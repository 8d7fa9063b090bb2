import { statSync } from 'node:fs';
import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import type { DueTimer, StoreStatus } from '../port.ts';

/** Reads timers and figures on the reading connection. */
export class StateReader {
  readonly #file: string;
  readonly #selectDue: Statement;
  readonly #selectCounter: Statement;

  constructor(database: Database, file: string) {
    this.#file = file;
    this.#selectDue = database.prepare(
      'SELECT timer.key, timer.name, timer.due_at AS dueAtMs, payload FROM timer WHERE due_at <= ? ' +
        'ORDER BY due_at, timer.key, timer.name LIMIT ?',
    );
    this.#selectCounter = database.prepare('SELECT events, documents FROM counter');
  }

  dueTimers(nowMs: number, limit: number): readonly DueTimer[] {
    return this.#selectDue.all(nowMs, limit).map((row) => ({ ...(row as unknown as DueTimer) }));
  }

  status(): StoreStatus {
    const row = this.#selectCounter.get();
    return { events: Number(row?.['events']), documents: Number(row?.['documents']), bytes: this.#bytes() };
  }

  #bytes(): number {
    const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    return sizeOf(this.#file) + sizeOf(`${this.#file}-wal`);
  }
}

import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import type { WriteTimer } from './commit-cells.ts';

/** The timers, as the writer changes them. Every call belongs to the transaction under way. */
export class TimerTable {
  readonly #upsert: Statement;
  readonly #delete: Statement;

  constructor(database: Database) {
    this.#upsert = database.prepare(
      'INSERT INTO timer (key, name, due_at, payload) VALUES (?, ?, ?, ?) ' +
        'ON CONFLICT DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload',
    );
    this.#delete = database.prepare('DELETE FROM timer WHERE key = ? AND name = ?');
  }

  change(key: string, { name, dueAt, payload }: WriteTimer): void {
    if (dueAt === null) this.#delete.run(key, name);
    else this.#upsert.run(key, name, dueAt, payload);
  }
}

import type { Database, Statement } from '../../drivers/sqlite/index.ts';

/** The figures of the store, kept with every change instead of being counted. Lives in the writer's thread. */
export class Counter {
  /** Of the newest event there ever was; the next one gets the next number, even when this one is gone. */
  position = 0;
  /** Up to here `shard_position` is complete. */
  indexed = 0;
  events = 0;
  documents = 0;
  readonly #expiring = new Map<number, number>();
  readonly #load: Statement;
  readonly #save: Statement;
  #saved = '';

  constructor(database: Database) {
    this.#load = database.prepare('SELECT position, indexed, events, documents, expiring FROM counter');
    this.#save = database.prepare(
      'UPDATE counter SET position = ?, indexed = ?, events = ?, documents = ?, expiring = ?',
    );
    this.load();
  }

  /** How many documents of the collection will expire. */
  expiring(collection: number): number {
    return this.#expiring.get(collection) ?? 0;
  }

  addExpiring(collection: number, by: number): void {
    this.#expiring.set(collection, this.expiring(collection) + by);
  }

  /** Takes the figures from the file, as they are after a rollback. */
  load(): void {
    const row = this.#load.get() ?? {};
    this.position = Number(row['position']);
    this.indexed = Number(row['indexed']);
    this.events = Number(row['events']);
    this.documents = Number(row['documents']);
    this.#expiring.clear();
    const expiring = JSON.parse(String(row['expiring'])) as Record<string, number>;
    for (const [collection, count] of Object.entries(expiring)) this.#expiring.set(Number(collection), count);
    this.#saved = this.#describe();
  }

  /** Writes the figures, if they changed, in the transaction under way. */
  save(): void {
    const text = this.#describe();
    if (text === this.#saved) return;
    const { position, indexed, events, documents } = this;
    this.#save.run(position, indexed, events, documents, JSON.stringify(Object.fromEntries(this.#expiring)));
    this.#saved = text;
  }

  #describe(): string {
    const figures = [this.position, this.indexed, this.events, this.documents];
    return [...figures, ...[...this.#expiring].flat()].join();
  }
}

import type { RedisClient } from '../../drivers/redis/index.ts';
import type { ShardPage, StoredEvent } from '../port.ts';
import { type EventText, parseEvent } from './event-text.ts';
import type { Keys } from './keys.ts';

/** Events of one journal behind a sequence number. */
export interface JournalPage {
  readonly kind: string;
  readonly key: string;
  readonly after: number;
  readonly limit: number;
}

/** One append, as a shard's log has it. */
interface LogEntry {
  /** Of its last event. */
  readonly position: number;
  readonly kind: string;
  readonly key: string;
  /** Sequence of its first event. */
  readonly first: number;
  readonly count: number;
}

type ShardEvent = ShardPage['events'][number];

/** Reads journals, alone and in the order of a shard's commits. */
export class JournalReader {
  readonly #redis: RedisClient;
  readonly #keys: Keys;

  constructor(redis: RedisClient, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async read(page: JournalPage): Promise<readonly StoredEvent[]> {
    return (await this.#texts(page)).map(({ event }) => event);
  }

  /** Entries of journals that are gone give nothing: further ones are read until something comes. */
  async readShard(shard: number, position: string, limit: number): Promise<ShardPage> {
    let behind = position === '' ? 0 : Number(position);
    while (true) {
      const entries = upTo(limit, await this.#entries(shard, behind, limit));
      const last = entries.at(-1);
      if (last === undefined) return { events: [], position };
      const page = await this.#events(entries, behind, limit);
      if (page) return page;
      behind = last.position;
    }
  }

  async #events(entries: readonly LogEntry[], behind: number, limit: number): Promise<ShardPage | undefined> {
    const found = await Promise.all(entries.map((entry) => this.#eventsOf(entry, behind, limit)));
    const events = found.flat().slice(0, limit);
    const last = events.at(-1);
    return last && { events: events.map(({ event }) => event), position: String(last.position) };
  }

  async #eventsOf(entry: LogEntry, behind: number, limit: number): Promise<readonly Placed[]> {
    const { kind, key, first, count } = entry;
    const start = entry.position - count + 1;
    const skip = Math.max(0, behind - start + 1);
    const texts = await this.#texts({ kind, key, after: first - 1 + skip, limit: Math.min(limit, count - skip) });
    // Another journal may have taken the name since: its events have places of their own.
    const own = texts.filter(({ event, position }) => position === start + event.sequence - first);
    return own.map(({ event, position }) => ({ event: { ...event, kind, key }, position }));
  }

  async #entries(shard: number, behind: number, limit: number): Promise<readonly LogEntry[]> {
    const reply = await this.#redis.command('xrange', this.#keys.log(shard), `${behind + 1}-0`, '+', 'count', limit);
    return (reply as readonly (readonly [string, readonly string[]])[]).map(([id, fields]) => {
      const [, kind = '', , key = '', , first, , count] = fields;
      return { position: Number.parseInt(id, 10), kind, key, first: Number(first), count: Number(count) };
    });
  }

  async #texts({ kind, key, after, limit }: JournalPage): Promise<readonly EventText[]> {
    if (limit < 1) return [];
    const texts = await this.#redis.command('lrange', this.#keys.journal(kind, key), after, after + limit - 1);
    return (texts as readonly string[]).map((text, index) => parseEvent(text, after + index + 1));
  }
}

interface Placed {
  readonly event: ShardEvent;
  readonly position: number;
}

/** As many entries as hold that many events. */
function upTo(limit: number, entries: readonly LogEntry[]): readonly LogEntry[] {
  let events = 0;
  return entries.filter(({ count }, index) => {
    const isNeeded = index === 0 || events < limit;
    events += count;
    return isNeeded;
  });
}

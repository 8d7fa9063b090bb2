import type { RedisClient } from '../../drivers/redis/index.ts';
import { formatCursor, type PageCursor, parseCursor } from '../page-cursor.ts';
import type { DocumentPage, Query, StoredDocument } from '../port.ts';
import { type DocumentText, documentField, parseDocument } from './document-text.ts';
import { compareText, formatMember, memberEnd, memberFrom, memberPrefix, parseMember } from './index-member.ts';
import { type Keys, shards } from './keys.ts';
import { type Merged, mergeShards } from './merge-shards.ts';

export interface FinderOptions {
  readonly redis: RedisClient;
  readonly keys: Keys;
}

/** A query with what its index entries look like. */
interface Search {
  readonly query: Query;
  readonly prefix: string;
  readonly cursor: PageCursor | undefined;
  readonly nowMs: number;
}

interface Found {
  readonly document: StoredDocument;
  readonly cursor: PageCursor;
}

/** Finds documents by their index entries over all shards; what has expired is not there. */
export class DocumentFinder {
  readonly #redis: RedisClient;
  readonly #keys: Keys;

  constructor({ redis, keys }: FinderOptions) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async find(query: Query, nowMs: number): Promise<DocumentPage> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const search = { query, cursor, nowMs, prefix: memberPrefix(query.collection, query.index, query.equals) };
    const [found, total] = await Promise.all([this.#page(search), query.count ? this.#total(search) : undefined]);
    const hasMore = found.length > query.limit;
    const page = hasMore ? found.slice(0, query.limit) : found;
    const last = page.at(-1)?.cursor ?? cursor;
    return {
      documents: page.map(({ document }) => document),
      ...(hasMore && last && { cursor: formatCursor(last) }),
      ...(total !== undefined && { total }),
    };
  }

  /** One more than asked for, which says that there is a next page. */
  async #page(search: Search): Promise<readonly Found[]> {
    const wanted = search.query.limit + 1;
    const found: Found[] = [];
    let candidates: Merged[] = [];
    for await (const merged of this.#members(search)) {
      candidates.push(merged);
      if (candidates.length < wanted - found.length) continue;
      found.push(...(await this.#load(search, candidates)));
      candidates = [];
      if (found.length >= wanted) return found;
    }
    found.push(...(await this.#load(search, candidates)));
    return found;
  }

  #members({ query, prefix, cursor }: Search): AsyncIterable<Merged> {
    const { order, from = '', limit } = query;
    const isAscending = order === 'ascending';
    const least = memberFrom(prefix, from);
    const start = cursor && formatMember(prefix, cursor);
    const fetch = async (shard: number, last: string | undefined, count: number): Promise<readonly string[]> => {
      const behind = last ?? start;
      const low = isAscending && behind !== undefined && compareText(behind, least) >= 0 ? `(${behind}` : `[${least}`;
      const high = !isAscending && behind !== undefined ? `(${behind}` : `(${memberEnd(prefix)}`;
      const range = isAscending ? (['zrangebylex', low, high] as const) : (['zrevrangebylex', high, low] as const);
      const [name, first, second] = range;
      const members = await this.#redis.command(name, this.#keys.index(shard), first, second, 'limit', 0, count);
      return members as readonly string[];
    };
    const compare = isAscending ? compareText : (left: string, right: string) => compareText(right, left);
    // Keys are spread evenly: a page needs a few of each shard.
    return mergeShards({ shards, fetch, compare, batch: Math.ceil((limit + 1) / 64) + 1 });
  }

  /** The documents of those members, less what is gone, changed or expired since. */
  async #load({ query, prefix, nowMs }: Search, members: readonly Merged[]): Promise<readonly Found[]> {
    const load = async ({ shard, member }: Merged): Promise<readonly Found[]> => {
      const cursor = parseMember(prefix, member);
      const document = await this.#read(shard, query.collection, cursor.key);
      if (document === undefined || isExpired(document, nowMs) || !document.members.includes(member)) return [];
      return [{ document: { key: cursor.key, value: document.value }, cursor }];
    };
    return (await Promise.all(members.map(load))).flat();
  }

  /** From the index alone, less the few that have expired and are not yet swept. */
  async #total(search: Search): Promise<number> {
    const counts = await Promise.all(shards.map((shard) => this.#totalOf(shard, search)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #totalOf(shard: number, { query, prefix, nowMs }: Search): Promise<number> {
    const [least, end] = [memberFrom(prefix, query.from ?? ''), memberEnd(prefix)];
    const expiring = this.#keys.expiring(shard, query.collection);
    const [count, expired] = await Promise.all([
      this.#redis.command('zlexcount', this.#keys.index(shard), `[${least}`, `(${end}`),
      this.#redis.command('zrangebyscore', expiring, '-inf', nowMs),
    ]);
    const documents = await Promise.all(
      (expired as readonly string[]).map((key) => this.#read(shard, query.collection, key)),
    );
    const matches = (member: string): boolean => compareText(member, least) >= 0 && compareText(member, end) < 0;
    return Number(count) - documents.filter((document) => document?.members.some(matches)).length;
  }

  async #read(shard: number, collection: string, key: string): Promise<DocumentText | undefined> {
    const text = await this.#redis.command('hget', this.#keys.documents(shard), documentField(collection, key));
    return typeof text === 'string' ? parseDocument(text) : undefined;
  }
}

/** True from the document's end on. */
export function isExpired({ expiresAtMs }: DocumentText, nowMs: number): boolean {
  return expiresAtMs > 0 && expiresAtMs <= nowMs;
}

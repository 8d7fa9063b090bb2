import { shardCount, shardOf } from '../port.ts';

/** Names of all keys. Everything of one shard carries the same hash tag, so that a cluster keeps it on one server. */
export interface Keys {
  /** Hash tag of the shard, in front of each of its keys. */
  tag(shard: number): string;
  /** Hash: figures of the shard, and the epochs of the leases. */
  meta(shard: number): string;
  /** Stream: which events were appended to which journal, in the order of the commits. */
  log(shard: number): string;
  /** Hash: the documents. */
  documents(shard: number): string;
  /** Sorted set, by text: the index entries. */
  index(shard: number): string;
  /** Sorted set, by time: the timers. */
  timers(shard: number): string;
  /** Hash: what timers hand back. */
  payloads(shard: number): string;
  /** Sorted set, by time: the documents of a collection that expire. */
  expiring(shard: number, collection: string): string;
  /** List: the events of one journal. Also the name of the channel that says when it has grown. */
  journal(kind: string, key: string): string;
  /** Hash: one lease. */
  lease(name: string): string;
  /** Written to see whether writing is possible. */
  readonly probe: string;
  /** Held by who removes what has expired. */
  readonly sweeper: string;
}

/** All shards. */
export const shards: readonly number[] = Array.from({ length: shardCount }, (_, shard) => shard);

/** The keys of the fabric with that prefix. */
export function createKeys(prefix: string): Keys {
  const tags = shards.map((shard) => `{${prefix}:${String(shard).padStart(3, '0')}}`);
  const tag = (shard: number): string => tags[shard] ?? '';
  const keyOf =
    (name: string) =>
    (shard: number): string =>
      `${tag(shard)}:${name}`;
  return {
    tag,
    meta: keyOf('m'),
    log: keyOf('l'),
    documents: keyOf('d'),
    index: keyOf('x'),
    timers: keyOf('t'),
    payloads: keyOf('p'),
    expiring: (shard, collection) => `${tag(shard)}:e:${collection}`,
    journal: (kind, key) => `${tag(shardOf(key))}:j:${encodeKind(kind)}:${key}`,
    lease: (name) => `${tag(shardOf(name))}:v:${name}`,
    probe: `{${prefix}}:probe`,
    sweeper: `{${prefix}}:sweeper`,
  };
}

/** The kind without colons, so that kind and key cannot be mistaken for another pair. */
export function encodeKind(kind: string): string {
  return encodeURIComponent(kind);
}

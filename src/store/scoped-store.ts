import type { Commit, DocumentChange, Query, Store, StoredDocument } from './port.ts';

/**
 * A part of the store that is one owner's: what it writes under a key, others who write under the same key in parts of their own do
 * not see. For journals and documents by key or index; shards, timers and leases stay those of the whole.
 */
export function createScopedStore(store: Store, owner: string): Store {
  const scope = `${owner}/`;
  const strip = ({ key, ...rest }: StoredDocument): StoredDocument => ({ ...rest, key: key.slice(scope.length) });
  return {
    commit: (commit) => store.commit(scopeCommit(commit, scope)),
    read: (kind, key, after, limit) => store.read(kind, scope + key, after, limit),
    tail: (kind, key, after, signal) => store.tail(kind, scope + key, after, signal),
    readShard: (shard, position, limit) => store.readShard(shard, position, limit),
    async get(collection, key) {
      const found = await store.get(collection, scope + key);
      return found && strip(found);
    },
    async find(query: Query) {
      const page = await store.find({ ...query, equals: scope + query.equals });
      return { ...page, documents: page.documents.map(strip) };
    },
    acquireLease: (name, holder, ttlMs) => store.acquireLease(name, holder, ttlMs),
    dueTimers: (nowMs, limit) => store.dueTimers(nowMs, limit),
    check: () => store.check(),
    close: () => store.close(),
  };
}

function scopeCommit(commit: Commit, scope: string): Commit {
  const { documents } = commit;
  return {
    ...commit,
    key: scope + commit.key,
    ...(documents && { documents: documents.map((change) => scopeChange(change, scope)) }),
  };
}

function scopeChange(change: DocumentChange, scope: string): DocumentChange {
  if (!change.indexes) return change;
  const indexes = Object.entries(change.indexes).map(([name, { equals, sort }]) => [
    name,
    { equals: scope + equals, sort },
  ]);
  return { ...change, indexes: Object.fromEntries(indexes) };
}

import { ParleyError } from '../../base/index.ts';
import type { RedisArgument } from '../../drivers/redis/index.ts';
import { type Commit, type DocumentChange, type StoreSchema, shardOf } from '../port.ts';
import { formatDocument } from './document-text.ts';
import type { Keys } from './keys.ts';

/** A commit and the id by which Redis knows it again. */
export interface NamedCommit {
  readonly id: string;
  readonly commit: Commit;
}

/** Commits on one key. */
export interface CommitBatch {
  readonly keys: Keys;
  readonly key: string;
  readonly commits: readonly NamedCommit[];
  readonly nowMs: number;
}

/** A call while it is put together. */
interface OpenCall {
  readonly keys: Keys;
  readonly names: KeyList;
  readonly args: RedisArgument[];
}

/** What the commit script is called with. */
export interface CommitCall {
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** Throws INVALID_PARAMS for what the schema does not declare or no store could carry out. */
export function checkCommit({ key, append, documents = [], dropJournal }: Commit, schema: StoreSchema): void {
  if (key === '') throw new ParleyError('INVALID_PARAMS', 'A commit needs a key that is not empty.');
  if (append && append.kind === dropJournal) {
    const message = `A commit on ${key} both drops its journal ${append.kind} and appends to it.`;
    throw new ParleyError('INVALID_PARAMS', message);
  }
  for (const { collection, indexes = {} } of documents) {
    for (const index of Object.keys(indexes)) checkIndex(schema, collection, index);
    checkCollection(schema, collection);
  }
}

/** Throws INVALID_PARAMS for a collection that the schema does not declare. */
export function checkCollection(schema: StoreSchema, collection: string): void {
  if (!Object.hasOwn(schema.collections, collection)) throw undeclared(`The collection ${collection}`);
}

/** Throws INVALID_PARAMS for an index that the schema does not declare. */
export function checkIndex(schema: StoreSchema, collection: string, index: string): void {
  checkCollection(schema, collection);
  if (!schema.collections[collection]?.indexes.includes(index)) throw undeclared(`The index ${index} of ${collection}`);
}

/** The keys and arguments for commits on one key, to be carried out in this order. */
export function encodeCommits({ keys, key, commits, nowMs }: CommitBatch): CommitCall {
  const names = new KeyList(shardKeys(keys, shardOf(key)));
  const args: RedisArgument[] = [keys.tag(shardOf(key)), key, nowMs, commits.length];
  for (const named of commits) encodeCommit(named, { keys, names, args });
  return { keys: names.all, args };
}

/** The keys that every script on a shard is given first. */
export function shardKeys(keys: Keys, shard: number): readonly string[] {
  return [keys.meta, keys.log, keys.documents, keys.index, keys.timers, keys.payloads].map((name) => name(shard));
}

function encodeCommit({ id, commit }: NamedCommit, call: OpenCall): void {
  const { key, fence, dropJournal } = commit;
  const { keys, names, args } = call;
  const dropped = dropJournal === undefined ? 0 : names.numberOf(keys.journal(dropJournal, key));
  args.push(id, fence?.lease ?? '', fence?.epoch ?? '', dropped);
  encodeAppend(commit, call);
  encodeDocuments({ id, commit }, call);
  encodeTimers(commit, call);
}

function encodeAppend({ key, append }: Commit, { keys, names, args }: OpenCall): void {
  if (append === undefined) {
    args.push(0);
    return;
  }
  const { kind, expectedVersion, events } = append;
  args.push(names.numberOf(keys.journal(kind, key)), kind, expectedVersion, events.length);
  for (const event of events) args.push(event);
}

function encodeDocuments({ id, commit }: NamedCommit, { keys, names, args }: OpenCall): void {
  const { key, documents = [] } = commit;
  args.push(documents.length);
  for (const change of documents) {
    const expiring = names.numberOf(keys.expiring(shardOf(key), change.collection));
    args.push(change.collection, expiring, change.expect === 'absent' ? 1 : 0, textOf(key, change, id));
  }
}

function textOf(key: string, change: DocumentChange, commitId: string): string {
  const { value } = change;
  return value === undefined ? '' : formatDocument({ key, change, value, commitId });
}

function encodeTimers({ timers = [] }: Commit, { args }: OpenCall): void {
  args.push(timers.length);
  for (const { name, dueAtMs, payload = '' } of timers) args.push(name, dueAtMs ?? '', payload);
}

function undeclared(what: string): ParleyError {
  return new ParleyError('INVALID_PARAMS', `${what} is not declared. Add it to the schema the store is opened with.`);
}

/** The keys of one script call, each once, by number from 1. */
class KeyList {
  readonly all: string[];
  readonly #numbers = new Map<string, number>();

  constructor(first: readonly string[]) {
    this.all = [...first];
  }

  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.all.push(name);
    this.#numbers.set(name, number);
    return number;
  }
}

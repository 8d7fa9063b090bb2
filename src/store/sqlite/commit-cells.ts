import { ParleyError } from '../../base/index.ts';
import type { Commit, DocumentChange } from '../port.ts';
import { eventSeparator } from './event-text.ts';
import { collectionId, indexId, type NameIds } from './names.ts';

/** Commits cross to the writer's thread as one flat list: cloning objects costs six times as much. */
export type CommitCell = string | number | null;

/** A commit as the writer works on it. */
export interface WriteCommit {
  readonly key: string;
  readonly fence: { readonly lease: string; readonly epoch: number } | undefined;
  readonly dropJournal: string | null;
  readonly append: WriteAppend | undefined;
  readonly documents: readonly WriteDocument[];
  readonly timers: readonly WriteTimer[];
}

export interface WriteAppend {
  readonly kind: string;
  readonly expectedVersion: number;
  readonly count: number;
  /** The events, joined by `eventSeparator`. */
  readonly events: string;
}

export interface WriteDocument {
  readonly collection: number;
  readonly value: string | null;
  readonly expiresAt: number | null;
  readonly owns: string | null;
  readonly mustBeAbsent: boolean;
  readonly entries: readonly WriteEntry[];
}

export type WriteEntry = readonly [index: number, equals: string, sort: string];

export interface WriteTimer {
  readonly name: string;
  readonly dueAt: number | null;
  readonly payload: string;
}

/** Appends the commit's cells; throws INVALID_PARAMS for what the schema or the file cannot hold. Returns its size in characters. */
export function encodeCommit(commit: Commit, ids: NameIds, cells: CommitCell[]): number {
  const before = cells.length;
  try {
    return encode(commit, ids, cells);
  } catch (thrown) {
    cells.length = before;
    throw thrown;
  }
}

function encode(commit: Commit, ids: NameIds, cells: CommitCell[]): number {
  const { key, fence, append, documents = [], timers = [] } = commit;
  if (key === '') throw new ParleyError('INVALID_PARAMS', 'A commit needs a key that is not empty.');
  if (append && append.kind === commit.dropJournal) {
    throw new ParleyError(
      'INVALID_PARAMS',
      `A commit on ${key} both drops its journal ${append.kind} and appends to it.`,
    );
  }
  cells.push(key, fence?.lease ?? null, fence?.epoch ?? 0, commit.dropJournal ?? null);
  let size = append ? encodeAppend(append, cells) : encodeNoAppend(cells);
  cells.push(documents.length);
  for (const document of documents) size += encodeDocument(document, ids, cells);
  cells.push(timers.length);
  for (const { name, dueAtMs, payload = '' } of timers) cells.push(name, dueAtMs ?? null, payload);
  return size;
}

function encodeNoAppend(cells: CommitCell[]): number {
  cells.push(null);
  return 0;
}

function encodeAppend(append: NonNullable<Commit['append']>, cells: CommitCell[]): number {
  const { kind, expectedVersion, events } = append;
  const [first] = events;
  const text = events.length === 1 && first !== undefined ? first : events.join(eventSeparator);
  if (events.some((event) => event.includes(eventSeparator))) {
    throw new ParleyError('INVALID_PARAMS', `An event for journal ${kind} is not JSON: it holds the character U+001E.`);
  }
  cells.push(kind, expectedVersion, events.length, text);
  return text.length;
}

function encodeDocument(change: DocumentChange, ids: NameIds, cells: CommitCell[]): number {
  const collection = collectionId(ids, change.collection);
  const value = change.value ?? null;
  cells.push(collection, value, change.expiresAtMs ?? null, change.ownsJournal ?? null);
  cells.push(change.expect === 'absent' ? 1 : 0);
  encodeEntries(change, ids, cells);
  return value?.length ?? 0;
}

function encodeEntries(change: DocumentChange, ids: NameIds, cells: CommitCell[]): void {
  const { indexes = {} } = change;
  const countAt = cells.push(0) - 1;
  let count = 0;
  for (const index in indexes) {
    const entry = indexes[index];
    if (entry === undefined) continue;
    cells.push(indexId(ids, change.collection, index), entry.equals, entry.sort);
    count++;
  }
  cells[countAt] = count;
}

/** Reads back, in order, what `encodeCommit` wrote. */
export function decodeCommits(cells: readonly CommitCell[]): readonly WriteCommit[] {
  let at = 0;
  const text = (): string => cells[at++] as string;
  const number = (): number => cells[at++] as number;
  const maybeText = (): string | null => cells[at++] as string | null;
  const maybeNumber = (): number | null => cells[at++] as number | null;
  const many = <T>(read: () => T): readonly T[] => Array.from({ length: number() }, read);

  const readFence = (): WriteCommit['fence'] => {
    const lease = maybeText();
    const epoch = number();
    return lease === null ? undefined : { lease, epoch };
  };
  const readAppend = (): WriteAppend | undefined => {
    const kind = maybeText();
    return kind === null ? undefined : { kind, expectedVersion: number(), count: number(), events: text() };
  };
  const readEntry = (): WriteEntry => [number(), text(), text()];
  const readDocument = (): WriteDocument => ({
    collection: number(),
    value: maybeText(),
    expiresAt: maybeNumber(),
    owns: maybeText(),
    mustBeAbsent: number() === 1,
    entries: many(readEntry),
  });
  const readTimer = (): WriteTimer => ({ name: text(), dueAt: maybeNumber(), payload: text() });
  const readCommit = (): WriteCommit => ({
    key: text(),
    fence: readFence(),
    dropJournal: maybeText(),
    append: readAppend(),
    documents: many(readDocument),
    timers: many(readTimer),
  });

  const commits: WriteCommit[] = [];
  while (at < cells.length) commits.push(readCommit());
  return commits;
}

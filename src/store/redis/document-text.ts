import { ParleyError } from '../../base/index.ts';
import type { DocumentChange } from '../port.ts';
import { formatMember, memberPrefix } from './index-member.ts';
import { encodeKind } from './keys.ts';

/** A document as it lies in its hash: a line of JSON about it, then its value. */
export interface DocumentText {
  /** 0: it stays. */
  readonly expiresAtMs: number;
  readonly members: readonly string[];
  readonly value: string;
}

/** A document that a commit puts. */
export interface NewDocument {
  readonly key: string;
  readonly change: DocumentChange;
  readonly value: string;
  readonly commitId: string;
}

/** `[expiresAt, journal it owns, id of its commit, member, member, …]`, a line break, the value. The script reads it, too. */
export function formatDocument({ key, change, value, commitId }: NewDocument): string {
  const { collection, expiresAtMs = 0, ownsJournal, indexes = {} } = change;
  const members = Object.entries(indexes).map(([index, { equals, sort }]) =>
    formatMember(memberPrefix(collection, index, equals), { sort, key }),
  );
  const owns = ownsJournal === undefined ? '' : encodeKind(ownsJournal);
  return `${JSON.stringify([expiresAtMs, owns, commitId, ...members])}\n${value}`;
}

/** Reads back what `formatDocument` wrote; STORE_DAMAGED for anything else. */
export function parseDocument(text: string): DocumentText {
  const end = text.indexOf('\n');
  try {
    const [expiresAtMs, , , ...members] = JSON.parse(text.slice(0, end)) as readonly [number, ...string[]];
    return { expiresAtMs, members, value: text.slice(end + 1) };
  } catch (cause) {
    throw new ParleyError('STORE_DAMAGED', 'A document in Redis is not as it was written. Restore it from a backup.', {
      cause,
    });
  }
}

/** The field of a document in its shard's hash. */
export function documentField(collection: string, key: string): string {
  return `${collection}\0${key}`;
}

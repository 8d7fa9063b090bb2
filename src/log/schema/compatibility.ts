import { ParleyError } from '../../base/index.ts';
import type { AvroType } from './avro-type.ts';
import { findMismatches, type Mismatch } from './resolve-types.ts';

/** Which versions of a subject a new one must get on with, and in which direction. */
export const compatibilityLevels = [
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
  'NONE',
] as const;

export type CompatibilityLevel = (typeof compatibilityLevels)[number];

/** INVALID_PARAMS for what is none. */
export function parseCompatibilityLevel(text: string): CompatibilityLevel {
  const level = compatibilityLevels.find((name) => name === text.toUpperCase());
  if (level !== undefined) return level;
  const message = `"${text.slice(0, 64)}" is no compatibility level. The levels are ${compatibilityLevels.join(', ')}.`;
  throw new ParleyError('INVALID_PARAMS', message);
}

/** A version that is there already. */
export interface EarlierVersion {
  readonly version: number;
  readonly type: AvroType;
}

/** One thing that a new schema breaks. */
export interface Violation extends Mismatch {
  /** The version that it does not get on with. */
  readonly version: number;
  /** `new-readers`: with the new schema they cannot read what is there; `old-readers`: with that version they cannot read what will come. */
  readonly breaks: 'new-readers' | 'old-readers';
  /** The whole as a sentence. */
  readonly message: string;
}

/** What of a new schema the level forbids, beside the versions there are (in their order); none when it may come in. */
export function findViolations(
  type: AvroType,
  earlier: readonly EarlierVersion[],
  level: CompatibilityLevel,
): readonly Violation[] {
  const versions = level.endsWith('_TRANSITIVE') ? earlier.toReversed() : earlier.slice(-1);
  return versions.flatMap((old) => [
    ...(looksBack(level) ? describeAll(findMismatches(type, old.type), old.version, 'new-readers') : []),
    ...(looksForward(level) ? describeAll(findMismatches(old.type, type), old.version, 'old-readers') : []),
  ]);
}

function looksBack(level: CompatibilityLevel): boolean {
  return level.startsWith('BACKWARD') || level.startsWith('FULL');
}

function looksForward(level: CompatibilityLevel): boolean {
  return level.startsWith('FORWARD') || level.startsWith('FULL');
}

function describeAll(
  mismatches: readonly Mismatch[],
  version: number,
  breaks: Violation['breaks'],
): readonly Violation[] {
  const whom =
    breaks === 'new-readers'
      ? `who reads with the new schema cannot read what version ${version} wrote`
      : `who reads with version ${version} cannot read what the new schema writes`;
  return mismatches.map((mismatch) => {
    const what = mismatch.field === '' ? 'The schema' : `The field ${mismatch.field}`;
    return { ...mismatch, version, breaks, message: `${what} ${mismatch.why}: ${whom}.` };
  });
}

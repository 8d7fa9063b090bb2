import { isObject } from './json.ts';

/** One place where two JSON values differ; undefined: nothing is there on that side. */
export interface JsonDifference {
  /** JSON pointer; empty: the values themselves. */
  readonly pointer: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The places where two JSON values differ, from the first on, whatever the order of names; at most `limit`. */
export function findJsonDifferences(before: unknown, after: unknown, limit: number = 10): readonly JsonDifference[] {
  const found: JsonDifference[] = [];
  collect({ pointer: '', before, after }, found, limit);
  return found;
}

function collect(place: JsonDifference, found: JsonDifference[], limit: number): void {
  const { pointer, before, after } = place;
  if (found.length >= limit || before === after) return;
  const names = namesOf(before, after);
  if (names === undefined) {
    found.push(place);
    return;
  }
  for (const name of names) {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    collect({ pointer: at, before: valueAt(before, name), after: valueAt(after, name) }, found, limit);
  }
}

/** Of both sides; undefined when they cannot be compared part by part. */
function namesOf(before: unknown, after: unknown): readonly string[] | undefined {
  if (Array.isArray(before) && Array.isArray(after))
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => String(index));
  if (!isObject(before) || !isObject(after)) return undefined;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
}

function valueAt(value: unknown, name: string): unknown {
  return Object.hasOwn(value as object, name) ? (value as Record<string, unknown>)[name] : undefined;
}

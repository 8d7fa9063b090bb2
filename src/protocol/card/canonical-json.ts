import { isObject, ParleyError } from '../../base/index.ts';

/** Deeper than any card, and far from what a stack holds. */
const maxDepth = 128;

/**
 * The JSON value in the one form that the JSON Canonicalization Scheme (RFC 8785) gives it. INVALID_PARAMS for what has none: values that
 * are not JSON, text that is not Unicode, nesting without end.
 */
export function toCanonicalJson(value: unknown): string {
  return write(value, 1);
}

function write(value: unknown, depth: number): string {
  if (Array.isArray(value)) return `[${deeper(depth, () => value.map((item) => write(item, depth + 1))).join()}]`;
  if (isObject(value)) return `{${deeper(depth, () => writeEntries(value, depth + 1)).join()}}`;
  if (typeof value === 'string') return writeText(value);
  if (value === null || typeof value === 'boolean' || Number.isFinite(value)) return JSON.stringify(value);
  throw notCanonical(`${typeof value} is not a JSON value`);
}

/** Names are in the order of their UTF-16 code units, which is how JavaScript compares text. */
function writeEntries(object: Readonly<Record<string, unknown>>, depth: number): readonly string[] {
  const names = Object.keys(object).filter((name) => object[name] !== undefined);
  return names.sort().map((name) => `${writeText(name)}:${write(object[name], depth)}`);
}

function writeText(text: string): string {
  if (text.isWellFormed()) return JSON.stringify(text);
  throw notCanonical('a text is not valid Unicode');
}

function deeper<T>(depth: number, next: () => T): T {
  if (depth <= maxDepth) return next();
  throw notCanonical(`it is nested deeper than ${maxDepth}`);
}

function notCanonical(why: string): ParleyError {
  return new ParleyError('INVALID_PARAMS', `The JSON has no canonical form: ${why}.`);
}

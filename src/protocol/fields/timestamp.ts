import { formatTimestamp } from '../../base/index.ts';
import type { Read } from './read.ts';
import { invalidField, joinPath } from './violation.ts';

const pattern = /^(\d{4}-\d{2}-\d{2})[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339 with any offset and up to nanoseconds, as milliseconds since the epoch. */
export const readTimestampMs: Read<number> = (value, parent, key) => {
  const ms = typeof value === 'string' ? parseTimestamp(value) : Number.NaN;
  if (Number.isNaN(ms))
    throw invalidField(joinPath(parent, key), 'must be a timestamp such as 2026-01-31T12:00:00.000Z');
  return ms;
};

/** The same, as A2A writes it: UTC with milliseconds. */
export const readTimestamp: Read<string> = (value, parent, key) => formatTimestamp(readTimestampMs(value, parent, key));

function parseTimestamp(text: string): number {
  const date = pattern.exec(text)?.[1];
  if (date === undefined || !isDay(date)) return Number.NaN;
  return Date.parse(text.toUpperCase());
}

/** False for days that no calendar has, such as February 30, which Date would move into March. */
function isDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && formatTimestamp(ms).startsWith(date);
}

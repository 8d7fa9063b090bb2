import { InvalidArgumentError } from 'commander';

/** A whole number from 1 on. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

/** A time in seconds, above zero and under 24 days. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds < 2_000_000) return seconds;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/** A share of calls: a number from 0 on. */
export function parseWeight(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number from 0 on.');
}

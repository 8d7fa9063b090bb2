import { InvalidArgumentError } from 'commander';
import { parseMemoryAmount } from '../base/index.ts';

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

/** A number of days above 0, at most 100 years. */
export function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && days > 0 && days <= 36_500) return days;
  throw new InvalidArgumentError('It must be a number of days above 0.');
}

/** Collects a text for each time the option is given. */
export function collectText(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** A share of calls: a number from 0 on. */
export function parseWeight(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number from 0 on.');
}

/** An amount of money: a number from 0 on. */
export function parseAmount(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be an amount from 0 on, such as 75 or 99.5.');
}

/** An amount of memory, such as 256M or 1.5G: at least 1M, in bytes. */
export function parseMemory(text: string): number {
  const bytes = parseMemoryAmount(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError('It must be an amount such as 256M or 1.5G, at least 1M.');
}

/** Processor cores: a number above 0. */
export function parseCpus(text: string): number {
  const cpus = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && cpus > 0 && cpus <= 1_024) return cpus;
  throw new InvalidArgumentError('It must be a number above 0, such as 0.5 or 2.');
}

/** A port, or 0 for a free one. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}

/** Collects NAME=VALUE, once for each time the option is given. */
export function collectVariable(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

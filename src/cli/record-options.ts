import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options that say which records of a topic are meant. */
export interface FilterOptions {
  readonly partition?: number;
  readonly key?: string;
  readonly since?: number;
  readonly until?: number;
  readonly correlationId?: string;
}

/** Adds the options to a command. */
export function withFilterOptions(command: Command): Command {
  return command
    .option('--key <key>', 'only with this key')
    .addOption(new Option('--partition <number>', 'only of this partition').argParser(parseNumber))
    .addOption(new Option('--since <time>', 'only from then on, such as 2026-11-21T08:00:00Z').argParser(parseTime))
    .addOption(new Option('--until <time>', 'only what was before then').argParser(parseTime))
    .option('--correlation-id <id>', 'only of this chain of calls');
}

/** The options as the node takes them. */
export function toFilter({ partition, key, since, until, correlationId }: FilterOptions): {
  partition?: number;
  key?: string;
  sinceMs?: number;
  untilMs?: number;
  correlationId?: string;
} {
  return {
    ...(partition !== undefined && { partition }),
    ...(key !== undefined && { key }),
    ...(since !== undefined && { sinceMs: since }),
    ...(until !== undefined && { untilMs: until }),
    ...(correlationId !== undefined && { correlationId }),
  };
}

/** A whole number from 0 on: a partition, an offset. */
export function parseNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 on.');
}

function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError('It must be a time such as 2026-11-21T08:00:00Z.');
}

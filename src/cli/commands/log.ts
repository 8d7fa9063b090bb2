import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ControlClient, LogRecordView, LogTopic } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { formatTime } from '../format.ts';
import { parseCount, parseDays } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const topicExamples = `
Examples:
  parley log topics list
  parley log topics create task-requests --partitions 3
  parley log topics create prices --compacted      the newest record of each key stays
  parley log topics alter task-requests --partitions 6 --keep-days 30`;

const readExamples = `
Examples:
  parley log read task-events                      from the oldest record on
  parley log read task-events --key TASK           what happened to one task
  parley log read task-events --since 2026-11-21T08:00:00Z --limit 20
  parley log read task-events --correlation-id ID -o json`;

const tailExamples = `
Examples:
  parley log tail task-events                      what comes from now on, until Ctrl-C
  parley log tail task-events --key TASK -o json   one JSON line for each record`;

interface TopicOptions {
  readonly partitions?: number;
  readonly keepDays?: number;
  readonly keepBytes?: number;
}

interface ReadOptions {
  readonly partition?: number;
  readonly key?: string;
  readonly since?: number;
  readonly correlationId?: string;
}

const pageSize = 200;
const lookAgainMs = 500;
const dayMs = 24 * 3_600_000;

/** Adds `log` with its commands. */
export function addLogCommands(program: Command, runner: Runner): void {
  const log = program.command('log').description('the message log between agents').helpCommand(false);
  const topics = log.command('topics').description('topics of the log').helpCommand(false);
  addList(topics, runner);
  addCreate(topics, runner);
  addAlter(topics, runner);
  addRead(log, runner);
  addTail(log, runner);
}

function addList(topics: Command, { run }: Runner): void {
  topics
    .command('list')
    .description('show the topics')
    .addHelpText('after', topicExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const listed = await client.log.topics();
          context.print({ topics: listed }, () => formatTopics(listed));
          return 0;
        });
      }),
    );
}

function addCreate(topics: Command, { run }: Runner): void {
  withTopicOptions(topics.command('create').description('create a topic'))
    .option('--compacted', 'only the newest record of each key is sure to stay')
    .addHelpText('after', topicExamples)
    .action(
      run<TopicOptions & { compacted?: boolean }, [string]>((context, { compacted, ...options }, name) => {
        return context.useNode(async (client) => {
          const isCompacted = compacted === true ? { isCompacted: true } : {};
          const created = await client.log.create({ name, partitions: 1, ...toChange(options), ...isCompacted });
          context.print(created, () => `Topic ${name} was created with ${countPartitions(created.partitions)}.`);
          return 0;
        });
      }),
    );
}

function addAlter(topics: Command, { run }: Runner): void {
  withTopicOptions(topics.command('alter').description('change retention, or make more partitions'))
    .addHelpText('after', topicExamples)
    .action(
      run<TopicOptions, [string]>((context, options, name) => {
        const change = toChange(options);
        if (Object.keys(change).length === 0) {
          throw new InvalidArgumentError('Say what is to change: --partitions, --keep-days or --keep-bytes.');
        }
        return context.useNode(async (client) => {
          const altered = await client.log.alter(name, change);
          context.print(altered, () => `Topic ${name} has ${countPartitions(altered.partitions)}.`);
          return 0;
        });
      }),
    );
}

function addRead(log: Command, { run }: Runner): void {
  withReadOptions(log.command('read').description('show records that are there'))
    .option('--limit <count>', 'how many at most (default: 100)', parseCount)
    .addHelpText('after', readExamples)
    .action(
      run<ReadOptions & { limit?: number }, [string]>((context, { limit = 100, ...options }, topic) => {
        return context.useNode(async (client) => {
          await readPages({ context, client, topic, options, left: limit });
          return 0;
        });
      }),
    );
}

function addTail(log: Command, { run }: Runner): void {
  withReadOptions(log.command('tail').description('show records as they come'))
    .addHelpText('after', tailExamples)
    .action(
      run<ReadOptions, [string]>((context, options, topic) => {
        return context.useNode(async (client) => {
          await readPages({ context, client, topic, options, left: Number.POSITIVE_INFINITY });
          return 0;
        });
      }),
    );
}

interface Reading {
  readonly context: CommandContext;
  readonly client: ControlClient;
  readonly topic: string;
  readonly options: ReadOptions;
  /** How many records are wanted; infinite: what comes, too, beginning at the end. */
  readonly left: number;
}

async function readPages({ context, client, topic, options, left: wanted }: Reading): Promise<void> {
  const isTail = wanted === Number.POSITIVE_INFINITY;
  const { since: sinceMs, partition, key, correlationId } = options;
  const from = isTail && sinceMs === undefined ? ('end' as const) : undefined;
  let cursor: string | undefined;
  for (let left = wanted; left > 0 && !context.signal.aborted; ) {
    const limit = Math.min(pageSize, left);
    const page = await client.log.read({ topic, partition, key, correlationId, sinceMs, from, cursor, limit });
    for (const record of page.records) context.print(record, () => formatRecord(record));
    left -= page.records.length;
    cursor = page.cursor;
    if (page.isEnd && !isTail) return;
    if (page.isEnd) await delay(lookAgainMs, undefined, { signal: context.signal }).catch(() => {});
  }
}

function withTopicOptions(command: Command): Command {
  return command
    .argument('<topic>', 'name of the topic')
    .option('--partitions <count>', 'how many partitions', parseCount)
    .option('--keep-days <days>', 'older records are removed', parseDays)
    .option('--keep-bytes <bytes>', 'the oldest records beyond it are removed, for each partition', parseCount);
}

function withReadOptions(command: Command): Command {
  return command
    .argument('<topic>', 'name of the topic')
    .option('--key <key>', 'only with this key')
    .addOption(new Option('--partition <number>', 'only of this partition').argParser(parseNumber))
    .addOption(new Option('--since <time>', 'only from then on, such as 2026-11-21T08:00:00Z').argParser(parseTime))
    .option('--correlation-id <id>', 'only of this chain of calls');
}

function toChange({ partitions, keepDays, keepBytes }: TopicOptions): {
  partitions?: number;
  retentionMs?: number;
  retentionBytes?: number;
} {
  return {
    ...(partitions !== undefined && { partitions }),
    ...(keepDays !== undefined && { retentionMs: Math.round(keepDays * dayMs) }),
    ...(keepBytes !== undefined && { retentionBytes: keepBytes }),
  };
}

function parseNumber(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 on.');
}

function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError('It must be a time such as 2026-11-21T08:00:00Z.');
}

function formatTopics(topics: readonly LogTopic[]): string {
  if (topics.length === 0) return 'There are no topics. "parley log topics create NAME" makes one.';
  const rows = topics.map(({ name, partitions, retentionMs, isCompacted }) => {
    const usual = retentionMs === undefined ? 'as configured' : `${retentionMs / dayMs} days`;
    const kept = retentionMs === 0 ? 'for ever' : usual;
    return [name, String(partitions), isCompacted === true ? 'newest of each key' : kept];
  });
  return formatTable(['TOPIC', 'PARTITIONS', 'KEPT'], rows);
}

function formatRecord({ partition, offset, timestampMs, key, headers, text, base64 }: LogRecordView): string {
  const named = Object.entries(headers).map(([name, value]) => `${name}=${value}`);
  const head = [formatTime(timestampMs), `${partition}:${offset}`, key ?? '-', ...named].join('  ');
  const value = text ?? (base64 === undefined ? '(no value)' : `base64:${base64}`);
  return `${head}\n  ${value}`;
}

function countPartitions(count: number): string {
  return count === 1 ? '1 partition' : `${count} partitions`;
}

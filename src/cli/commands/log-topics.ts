import { type Command, InvalidArgumentError } from 'commander';
import type { LogGroupPosition, LogTopic, LogTopicView } from '../../control/index.ts';
import { parseCount, parseDays } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const topicExamples = `
Examples:
  parley log topics list
  parley log topics show task-requests --group billing    how far the group is, and what is left for it
  parley log topics create task-requests --partitions 3
  parley log topics create prices --compacted      the newest record of each key stays
  parley log topics alter task-requests --partitions 6 --keep-days 30`;

interface TopicOptions {
  readonly partitions?: number;
  readonly keepDays?: number;
  readonly keepBytes?: number;
}

const dayMs = 24 * 3_600_000;

/** Adds `topics` with its commands to `log`. */
export function addTopicCommands(log: Command, runner: Runner): void {
  const topics = log.command('topics').description('topics of the log').helpCommand(false);
  addList(topics, runner);
  addShow(topics, runner);
  addCreate(topics, runner);
  addAlter(topics, runner);
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

function addShow(topics: Command, { run }: Runner): void {
  topics
    .command('show')
    .description('show what each partition of a topic holds, and how far a group is')
    .argument('<topic>', 'name of the topic')
    .option('--group <group>', 'whose position and lag are shown, too')
    .addHelpText('after', topicExamples)
    .action(
      run<{ group?: string }, [string]>((context, { group }, name) => {
        return context.useNode(async (client) => {
          const topic = await client.log.topic(name);
          const positions = group === undefined ? undefined : await client.log.group(name, group);
          const shown = positions === undefined ? topic : { ...topic, group, positions };
          context.print(shown, () => formatTopic(topic, positions));
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

function withTopicOptions(command: Command): Command {
  return command
    .argument('<topic>', 'name of the topic')
    .option('--partitions <count>', 'how many partitions', parseCount)
    .option('--keep-days <days>', 'older records are removed', parseDays)
    .option('--keep-bytes <bytes>', 'the oldest records beyond it are removed, for each partition', parseCount);
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

function formatTopics(topics: readonly LogTopic[]): string {
  if (topics.length === 0) return 'There are no topics. "parley log topics create NAME" makes one.';
  const rows = topics.map((topic) => [topic.name, String(topic.partitions), formatKept(topic)]);
  return formatTable(['TOPIC', 'PARTITIONS', 'KEPT'], rows);
}

function formatKept({ retentionMs, isCompacted }: LogTopic): string {
  if (isCompacted === true) return 'newest of each key';
  if (retentionMs === 0) return 'for ever';
  return retentionMs === undefined ? 'as configured' : `${retentionMs / dayMs} days`;
}

function formatTopic(topic: LogTopicView, positions: readonly LogGroupPosition[] | undefined): string {
  const rows = topic.ranges.map(({ partition, beginOffset, endOffset }) => {
    const position = positions?.find((one) => one.partition === partition);
    const ofGroup = positions === undefined ? [] : [String(position?.committed ?? '-'), String(position?.lag ?? '-')];
    return [String(partition), String(beginOffset), String(endOffset), ...ofGroup];
  });
  const head = ['PARTITION', 'OLDEST', 'NEXT', ...(positions === undefined ? [] : ['GROUP AT', 'LAG'])];
  return `${topic.name}, kept: ${formatKept(topic)}\n\n${formatTable(head, rows)}`;
}

function countPartitions(count: number): string {
  return count === 1 ? '1 partition' : `${count} partitions`;
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ControlClient, LogGroupMove } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { parseCount } from '../parse-options.ts';
import { type FilterOptions, parseNumber, toFilter, withFilterOptions } from '../record-options.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';
import { tryRecorded } from './log-trials.ts';

const examples = `
Examples:
  parley log replay jobs --to jobs-again                        records go to another topic, once more
  parley log replay jobs --to jobs-again --key k1 --since 2026-11-21T08:00:00Z --dry-run
  parley log replay jobs --group billing --since 2026-11-21T08:00:00Z    the group goes back to then
  parley log replay jobs --group billing --partition 2 --offset 117
  parley log replay --against wordcount-2 --dry-run             what that version answers to the tasks of before`;

interface ReplayOptions extends FilterOptions {
  readonly to?: string;
  readonly group?: string;
  readonly against?: string;
  readonly agent?: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly cursor?: string;
  readonly dryRun?: boolean;
}

/** What a replay of a topic is asked for. */
interface Replay {
  readonly context: CommandContext;
  readonly client: ControlClient;
  readonly topic: string;
  readonly options: ReplayOptions;
}

/** Adds `replay` to `log`. */
export function addReplayCommand(log: Command, { run }: Runner): void {
  withFilterOptions(
    log
      .command('replay')
      .description(
        'deliver records again: to another topic, to a group that is set back, to another version of an agent',
      )
      .argument('[topic]', 'name of the topic; task-events with --against'),
  )
    .option('--to <topic>', 'the topic that gets the records')
    .option('--group <group>', 'the group that is to go on elsewhere; it must have no members at work')
    .addOption(new Option('--offset <number>', 'where the group goes on').argParser(parseNumber))
    .option('--against <id>', 'agent or deployment that gets what recorded tasks were asked for; needs --dry-run')
    .option('--agent <id>', 'whose tasks; default: those of the agent that is tried')
    .option('--limit <count>', 'so many tasks at most (default: 100)', parseCount)
    .option('--cursor <cursor>', 'go on where a replay that was broken off says it was')
    .option('--dry-run', 'say what would be done, and do nothing')
    .addHelpText('after', examples)
    .action(
      run<ReplayOptions, [string | undefined]>((context, options, topic) => {
        const { against } = options;
        if (against !== undefined) {
          refuseLive(options, topic);
          return context.useNode((client) => tryRecorded(context, client, { ...options, against }));
        }
        if (topic === undefined) throw new InvalidArgumentError('Name the topic whose records are to be delivered.');
        refuseUnclear(options);
        return context.useNode(async (client) => {
          const replay = { context, client, topic, options };
          return options.group === undefined
            ? await copyTo(replay, options.to ?? '')
            : await reset(replay, options.group);
        });
      }),
    );
}

/** What comes of a trial is shown and nothing else: tasks are not done anew. */
function refuseLive({ to, group, dryRun }: ReplayOptions, topic: string | undefined): void {
  if (dryRun !== true) throw new InvalidArgumentError('--against only compares answers: add --dry-run.');
  if (to !== undefined || group !== undefined || (topic !== undefined && topic !== 'task-events'))
    throw new InvalidArgumentError('--against takes the tasks of the topic task-events, and no --to or --group.');
}

function refuseUnclear({ to, group, offset, key, until, correlationId }: ReplayOptions): void {
  if ((to === undefined) === (group === undefined))
    throw new InvalidArgumentError('Say where the records go: --to TOPIC, or --group GROUP.');
  if (to !== undefined && offset !== undefined)
    throw new InvalidArgumentError('--offset is for a group. Choose records with --key, --since, --until.');
  if (group !== undefined && [key, until, correlationId].some((each) => each !== undefined))
    throw new InvalidArgumentError('A group has one place in each partition: set it with --since or --offset.');
}

async function copyTo({ context, client, topic, options }: Replay, to: string): Promise<number> {
  const request = { topic, to, ...toFilter(options), isDry: options.dryRun === true };
  const total = { scanned: 0, copied: 0 };
  let { cursor } = options;
  let isEnd = false;
  while (!isEnd && !context.signal.aborted) {
    const step = await client.log.copy({ ...request, ...(cursor !== undefined && { cursor }) });
    total.scanned += step.scanned;
    total.copied += step.copied;
    context.terminal.status(`${total.copied} of ${total.scanned} records; ${step.left} left to look at`);
    ({ cursor, isEnd } = step);
  }
  const done = { ...total, to, isDry: request.isDry, isEnd, ...(!isEnd && { cursor }) };
  context.print(done, () => formatCopy(done));
  if (!isEnd) context.terminal.note(`It was broken off. Go on with --cursor ${cursor}`);
  return isEnd ? 0 : 1;
}

function formatCopy({
  copied,
  scanned,
  to,
  isDry,
}: {
  copied: number;
  scanned: number;
  to: string;
  isDry: boolean;
}): string {
  const verb = isDry ? 'would be delivered' : 'were delivered';
  return `${copied} of ${scanned} records ${verb} to ${to}.`;
}

async function reset({ context, client, topic, options }: Replay, group: string): Promise<number> {
  const { partition, since, offset, dryRun } = options;
  const moves = await client.log.resetGroup({
    ...{ topic, group, isDry: dryRun === true },
    ...(partition !== undefined && { partition }),
    ...(since !== undefined && { sinceMs: since }),
    ...(offset !== undefined && { offset }),
  });
  context.print({ group, isDry: dryRun === true, moves }, () => formatMoves(moves));
  return 0;
}

function formatMoves(moves: readonly LogGroupMove[]): string {
  const rows = moves.map(({ partition, from, to, pending }) => {
    return [String(partition), from === undefined ? '-' : String(from), String(to), String(pending)];
  });
  return formatTable(['PARTITION', 'WAS AT', 'GOES ON AT', 'TO GET'], rows);
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ControlClient, LogRecordView } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { formatRecord } from '../format-record.ts';
import { parseCount } from '../parse-options.ts';
import { type FilterOptions, toFilter, withFilterOptions } from '../record-options.ts';
import type { Runner } from '../runner.ts';

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

interface ReadOptions extends FilterOptions {
  readonly raw?: boolean;
}

const pageSize = 500;
const lookAgainMs = 500;

/** Adds `read` and `tail` to `log`. */
export function addReadCommands(log: Command, runner: Runner): void {
  addRead(log, runner);
  addTail(log, runner);
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
  const search = { topic, ...toFilter(options), ...(options.raw === true && { raw: true }) };
  const from = isTail && options.since === undefined ? ('end' as const) : undefined;
  let cursor: string | undefined;
  for (let left = wanted; left > 0 && !context.signal.aborted; ) {
    const limit = Math.min(pageSize, left);
    const page = await client.log.read({ ...search, from, cursor, limit });
    for (const record of page.records) printRecord(record, context);
    left -= page.records.length;
    cursor = page.cursor;
    if (page.isEnd && !isTail) return;
    if (page.isEnd) await delay(lookAgainMs, undefined, { signal: context.signal }).catch(() => {});
  }
}

function withReadOptions(command: Command): Command {
  return withFilterOptions(command.argument('<topic>', 'name of the topic')).option(
    '--raw',
    'values as they lie in the log, not decoded by their schema',
  );
}

function printRecord(record: LogRecordView, { terminal, json }: CommandContext): void {
  terminal.line(json ? JSON.stringify(record) : formatRecord(record));
}

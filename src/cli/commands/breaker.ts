import type { Command } from 'commander';
import type { BreakerView } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import { parseSeconds } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const listExamples = `
Examples:
  parley breaker list                          which agents get no calls, and why
  parley breaker list -o json                  the same for a program`;

const openExamples = `
Examples:
  parley breaker open analyst                              until you close it
  parley breaker open analyst --for 600 --reason upgrade   for ten minutes, then a call may try it`;

const closeExamples = `
Examples:
  parley breaker close analyst                 it works again, and you know it`;

interface OpenOptions {
  readonly for?: number;
  readonly reason?: string;
}

/** Adds `breaker` with its commands. */
export function addBreakerCommands(program: Command, runner: Runner): void {
  const breaker = program
    .command('breaker')
    .description('circuit breakers: which agents get no calls for a while')
    .helpCommand(false);
  addList(breaker, runner);
  addOpen(breaker, runner);
  addClose(breaker, runner);
}

function addList(breaker: Command, { run }: Runner): void {
  breaker
    .command('list')
    .description('show the breakers that are not closed, or count failures')
    .addHelpText('after', listExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const breakers = await client.breakers.list();
          context.print({ breakers }, () => {
            if (breakers.length === 0) return 'All breakers are closed.';
            return formatTable(['AGENT', 'STATE', 'FAILURES', 'SINCE', 'UNTIL', 'BY', 'REASON'], breakers.map(toRow));
          });
          return 0;
        });
      }),
    );
}

function addOpen(breaker: Command, { run }: Runner): void {
  breaker
    .command('open')
    .description('keep calls from an agent; callers are told at once')
    .argument('<agent>', 'agent id')
    .option('--for <seconds>', 'how long (default: until it is closed)', parseSeconds)
    .option('--reason <text>', 'what callers are told')
    .addHelpText('after', openExamples)
    .action(
      run<OpenOptions, [string]>((context, { for: seconds, reason }, agentId) => {
        return context.useNode(async (client) => {
          const forMs = seconds === undefined ? undefined : Math.round(seconds * 1_000);
          const opening = { ...(forMs !== undefined && { forMs }), ...(reason !== undefined && { reason }) };
          const opened = await client.breakers.open(agentId, opening);
          const until = opened.untilMs === undefined ? '' : ` until ${formatTime(opened.untilMs)}`;
          context.print(opened, () => `Agent ${opened.agentId} gets no calls${until}.`);
          return 0;
        });
      }),
    );
}

function addClose(breaker: Command, { run }: Runner): void {
  breaker
    .command('close')
    .description('let calls through to an agent again')
    .argument('<agent>', 'agent id')
    .addHelpText('after', closeExamples)
    .action(
      run<object, [string]>((context, _options, agentId) => {
        return context.useNode(async (client) => {
          const closed = await client.breakers.close(agentId);
          context.print(closed, () => `Agent ${agentId} gets calls again.`);
          return 0;
        });
      }),
    );
}

function toRow({ agentId, phase, failures, openedAtMs, untilMs, by, reason }: BreakerView): string[] {
  const time = (ms: number | undefined): string => (ms === undefined ? '' : formatTime(ms));
  return [agentId, phase, failures?.toString() ?? '', time(openedAtMs), time(untilMs), by ?? '', reason ?? ''];
}

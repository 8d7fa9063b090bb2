import type { ControlClient, LogTrial } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-code.ts';
import { plainText } from '../plain-text.ts';
import { type FilterOptions, toFilter } from '../record-options.ts';

/** What recorded tasks are tried against. */
export interface TrialOptions extends FilterOptions {
  readonly against: string;
  readonly agent?: string;
  readonly limit?: number;
}

type Counts = Record<LogTrial['outcome'], number>;

/** Shows what becomes of each recorded task at the other deployment; the exit code says whether all answers are the same. */
export async function tryRecorded(
  context: CommandContext,
  client: ControlClient,
  { against, agent, limit = 100, ...filter }: TrialOptions,
): Promise<number> {
  const request = { against, limit, ...toFilter(filter), ...(agent !== undefined && { agentId: agent }) };
  const counts: Counts = { same: 0, different: 0, skipped: 0 };
  for await (const trial of client.replay.trials(request, context.signal)) {
    counts[trial.outcome]++;
    context.terminal.line(context.json ? JSON.stringify(trial) : plainText(formatTrial(trial)));
  }
  const { same, different, skipped } = counts;
  context.terminal.note(`Answers of ${against}: ${same} the same, ${different} different, ${skipped} not tried.`);
  return different === 0 ? exitCodes.ok : exitCodes.failure;
}

function formatTrial({ taskId, outcome, difference, reason }: LogTrial): string {
  if (difference === undefined) return `${taskId}  ${outcome}${reason === undefined ? '' : `: ${reason}`}`;
  const { pointer, before, after } = difference;
  return `${taskId}  differs at ${pointer}: recorded ${show(before)}, now ${show(after)}`;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

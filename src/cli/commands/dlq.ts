import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ControlClient, DeadLetter, DeadLetterFilter, DeadLetterOutcome } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { formatTime } from '../format.ts';
import { parseCount } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { formatFields, formatTable } from '../table.ts';

const listExamples = `
Examples:
  parley dlq list                              what could not be done, and why
  parley dlq list --agent analyst --code OUTCOME_UNKNOWN
  parley dlq list --since 2026-11-21T08:00:00Z -o json`;

const showExamples = `
Examples:
  parley dlq show TASK                         what was to be done, and each attempt`;

const redriveExamples = `
Examples:
  parley dlq redrive TASK                      the original task goes on
  parley dlq redrive --agent analyst --rate 5  all of an agent, five a second, oldest first
  parley dlq redrive --all`;

const discardExamples = `
Examples:
  parley dlq discard TASK
  parley dlq discard --code DEADLINE_EXCEEDED  the tasks stay failed`;

interface FilterOptions {
  readonly agent?: string;
  readonly code?: string;
  readonly since?: number;
}

interface ActOptions extends FilterOptions {
  readonly all?: boolean;
  readonly rate?: number;
}

/** So many letters for each request. */
const pageSize = 100;

/** Adds `dlq` with its commands. */
export function addDlqCommands(program: Command, runner: Runner): void {
  const dlq = program
    .command('dlq')
    .description('dead letters: tasks that could not be brought to their end')
    .helpCommand(false);
  addList(dlq, runner);
  addShow(dlq, runner);
  addRedrive(dlq, runner);
  addDiscard(dlq, runner);
}

function addList(dlq: Command, { run }: Runner): void {
  withFilter(dlq.command('list').description('show dead letters, newest first'))
    .option('--limit <count>', 'how many at most (default: 50)', parseCount)
    .addHelpText('after', listExamples)
    .action(
      run<FilterOptions & { limit?: number }, []>((context, { limit = 50, ...options }) => {
        return context.useNode(async (client) => {
          const page = await client.deadLetters.list({ ...toFilter(options), pageSize: Math.min(limit, 500) });
          context.print(page, () => formatLetters(page.letters, page.totalSize));
          return 0;
        });
      }),
    );
}

function addShow(dlq: Command, { run }: Runner): void {
  dlq
    .command('show')
    .description('show one dead letter with what was to be done')
    .argument('<task>', 'task id')
    .addHelpText('after', showExamples)
    .action(
      run<object, [string]>((context, _options, taskId) => {
        return context.useNode(async (client) => {
          const found = await client.deadLetters.get(taskId);
          context.print(found, () => formatDetail(found));
          return 0;
        });
      }),
    );
}

function addRedrive(dlq: Command, { run }: Runner): void {
  withChoice(dlq.command('redrive').description('hand the original tasks out again'))
    .option('--rate <count>', 'how many a second (default: 10)', parseCount)
    .addHelpText('after', redriveExamples)
    .action(
      run<ActOptions, [string[]]>((context, { rate: perSecond = 10, ...options }, taskIds) => {
        return actOn({ context, options, taskIds, done: 'handed out again' }, (client, choice) =>
          client.deadLetters.redrive({ ...choice, perSecond }),
        );
      }),
    );
}

function addDiscard(dlq: Command, { run }: Runner): void {
  withChoice(dlq.command('discard').description('forget dead letters; their tasks stay failed'))
    .addHelpText('after', discardExamples)
    .action(
      run<ActOptions, [string[]]>((context, options, taskIds) => {
        return actOn({ context, options, taskIds, done: 'discarded' }, (client, choice) =>
          client.deadLetters.discard(choice),
        );
      }),
    );
}

type Choice = DeadLetterFilter & { taskIds?: readonly string[]; limit: number; cursor?: string };

interface Acting {
  readonly context: CommandContext;
  readonly options: ActOptions;
  readonly taskIds: readonly string[];
  readonly done: string;
}

/** Page after page, as long as there are more and the person has not had enough. */
async function actOn(
  { context, options, taskIds, done: word }: Acting,
  act: (client: ControlClient, choice: Choice) => Promise<DeadLetterOutcome>,
): Promise<number> {
  const { all, ...filter } = options;
  const chosen = toFilter(filter);
  refuseVague(taskIds, all === true, chosen);
  return context.useNode(async (client) => {
    const done: string[] = [];
    const refused: DeadLetterOutcome['refused'][number][] = [];
    let cursor: string | undefined;
    do {
      const wanted = taskIds.length > 0 ? { taskIds } : { ...chosen, ...(cursor !== undefined && { cursor }) };
      const outcome = await act(client, { ...wanted, limit: pageSize });
      done.push(...outcome.done);
      refused.push(...outcome.refused);
      cursor = outcome.cursor;
    } while (cursor !== undefined && !context.signal.aborted);
    context.print({ done, refused }, () => formatOutcome(done.length, word, refused));
    return refused.length === 0 ? 0 : 1;
  });
}

function refuseVague(taskIds: readonly string[], all: boolean, filter: DeadLetterFilter): void {
  const filtered = Object.keys(filter).length > 0;
  if (taskIds.length > 0 && (all || filtered)) {
    throw new InvalidArgumentError('Name tasks, or say which by --agent, --code, --since; not both.');
  }
  if (taskIds.length === 0 && !all && !filtered) {
    throw new InvalidArgumentError('Name tasks, or say which by --agent, --code, --since, or --all.');
  }
}

function withFilter(command: Command): Command {
  return command
    .option('--agent <id>', 'only of this agent')
    .option('--code <code>', 'only with this error code')
    .addOption(
      new Option('--since <time>', 'only failed since then, such as 2026-11-21T08:00:00Z').argParser(parseTime),
    );
}

function withChoice(command: Command): Command {
  return withFilter(command.argument('[tasks...]', 'task ids')).option('--all', 'all there are');
}

function toFilter({ agent, code, since }: FilterOptions): DeadLetterFilter {
  return {
    ...(agent !== undefined && { agentId: agent }),
    ...(code !== undefined && { code }),
    ...(since !== undefined && { sinceMs: since }),
  };
}

function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError('It must be a time such as 2026-11-21T08:00:00Z.');
}

function formatLetters(letters: readonly DeadLetter[], total: number): string {
  if (letters.length === 0) return 'There are no dead letters.';
  const rows = letters.map(({ taskId, agentId, skill, code, attempts, failedAtMs, reason }) => {
    return [taskId, agentId, skill, code, String(attempts), formatTime(failedAtMs), firstLine(reason)];
  });
  const table = formatTable(['TASK', 'AGENT', 'SKILL', 'CODE', 'ATTEMPTS', 'FAILED', 'REASON'], rows);
  return total > letters.length ? `${table}\n${letters.length} of ${total}; --limit shows more.` : table;
}

function formatDetail(found: Awaited<ReturnType<ControlClient['deadLetters']['get']>>): string {
  const { message, dispatches, redrivenAtMs } = found;
  const fields: [string, string][] = [
    ['task', found.taskId],
    ['agent', `${found.agentId} (${found.skill})`],
    ['code', found.code],
    ['reason', found.reason],
    ['owner', found.owner],
    ['submitted', formatTime(found.submittedAtMs)],
    ['failed', formatTime(found.failedAtMs)],
    ['correlation', found.correlationId],
    ...(found.traceparent === undefined ? [] : [['traceparent', found.traceparent] as [string, string]]),
    ...dispatches.map(({ attempt, atMs, endpointId }): [string, string] => {
      return [`attempt ${attempt}`, `${formatTime(atMs)} at ${endpointId}`];
    }),
    ...redrivenAtMs.map((ms): [string, string] => ['redriven', formatTime(ms)]),
  ];
  return `${formatFields(fields)}\n\n${JSON.stringify(message.parts, undefined, 2)}`;
}

function formatOutcome(done: number, word: string, refused: DeadLetterOutcome['refused']): string {
  const lines = refused.map(({ taskId, code, message }) => `${taskId}: ${code}: ${message}`);
  return [`${done} ${done === 1 ? 'task was' : 'tasks were'} ${word}.`, ...lines].join('\n');
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

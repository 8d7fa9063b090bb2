import { type Command, InvalidArgumentError, Option } from 'commander';
import type {
  ControlClient,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterOutcome,
  DeadLetterView,
} from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { formatTime } from '../format.ts';
import { parseCount } from '../parse-options.ts';
import { plainLines, plainText } from '../plain-text.ts';
import type { Runner } from '../runner.ts';
import { formatFields, formatTable } from '../table.ts';

const listExamples = `
Examples:
  parley dlq list                              what could not be done, and why
  parley dlq list --agent analyst --code OUTCOME_UNKNOWN
  parley dlq list --topic jobs --group pricing  records that a group could not handle
  parley dlq list --since 2026-11-21T08:00:00Z -o json`;

const showExamples = `
Examples:
  parley dlq show TASK                         what was to be done, and each attempt
  parley dlq show jobs:0:17@pricing            the record with its headers`;

const redriveExamples = `
Examples:
  parley dlq redrive TASK                      the original task goes on
  parley dlq redrive --agent analyst --rate 5  all of an agent, five a second, oldest first
  parley dlq redrive --group pricing           records go to their group again, in turn with their key
  parley dlq redrive --all`;

const discardExamples = `
Examples:
  parley dlq discard TASK
  parley dlq discard --code DEADLINE_EXCEEDED  the tasks stay failed, the records unhandled`;

interface FilterOptions {
  readonly agent?: string;
  readonly code?: string;
  readonly group?: string;
  readonly topic?: string;
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
    .description('dead letters: tasks and records that could not be brought to their end')
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
          const page = await listLetters(client, toFilter(options), limit);
          context.print(page, () => formatLetters(page.letters, page.totalSize));
          return 0;
        });
      }),
    );
}

type LetterPage = Awaited<ReturnType<ControlClient['deadLetters']['list']>>;

/** So many, page after page, newest first. */
async function listLetters(client: ControlClient, filter: DeadLetterFilter, limit: number): Promise<LetterPage> {
  const ask = (count: number, pageToken: string): Promise<LetterPage> =>
    client.deadLetters.list({ ...filter, pageSize: Math.min(count, 500), ...(pageToken !== '' && { pageToken }) });
  let page = await ask(limit, '');
  const letters = [...page.letters];
  while (page.nextPageToken !== '' && letters.length < limit) {
    page = await ask(limit - letters.length, page.nextPageToken);
    letters.push(...page.letters);
  }
  return { ...page, letters };
}

function addShow(dlq: Command, { run }: Runner): void {
  dlq
    .command('show')
    .description('show one dead letter with what was to be done')
    .argument('<id>', 'a task, or TOPIC:PARTITION:OFFSET@GROUP')
    .addHelpText('after', showExamples)
    .action(
      run<object, [string]>((context, _options, id) => {
        return context.useNode(async (client) => {
          const found = await client.deadLetters.get(id);
          context.print(found, () => formatDetail(found));
          return 0;
        });
      }),
    );
}

function addRedrive(dlq: Command, { run }: Runner): void {
  withChoice(dlq.command('redrive').description('hand the original tasks out again, and records to their groups'))
    .option('--rate <count>', 'how many a second (default: 10)', parseCount)
    .addHelpText('after', redriveExamples)
    .action(
      run<ActOptions, [string[]]>((context, { rate: perSecond = 10, ...options }, ids) => {
        return actOn({ context, options, ids, done: 'handed out again' }, (client, choice) =>
          client.deadLetters.redrive({ ...choice, perSecond }),
        );
      }),
    );
}

function addDiscard(dlq: Command, { run }: Runner): void {
  withChoice(
    dlq.command('discard').description('forget dead letters; their tasks stay failed, their records unhandled'),
  )
    .addHelpText('after', discardExamples)
    .action(
      run<ActOptions, [string[]]>((context, options, ids) => {
        return actOn({ context, options, ids, done: 'discarded' }, (client, choice) =>
          client.deadLetters.discard(choice),
        );
      }),
    );
}

type Choice = DeadLetterFilter & { ids?: readonly string[]; limit: number; cursor?: string };

interface Acting {
  readonly context: CommandContext;
  readonly options: ActOptions;
  readonly ids: readonly string[];
  readonly done: string;
}

/** Page after page, as long as there are more and the person has not had enough. */
async function actOn(
  { context, options, ids, done: word }: Acting,
  act: (client: ControlClient, choice: Choice) => Promise<DeadLetterOutcome>,
): Promise<number> {
  const { all, ...filter } = options;
  const chosen = toFilter(filter);
  refuseVague(ids, all === true, chosen);
  return context.useNode(async (client) => {
    const done: string[] = [];
    const refused: DeadLetterOutcome['refused'][number][] = [];
    let cursor: string | undefined;
    do {
      const wanted = ids.length > 0 ? { ids } : { ...chosen, ...(cursor !== undefined && { cursor }) };
      const outcome = await act(client, { ...wanted, limit: pageSize });
      done.push(...outcome.done);
      refused.push(...outcome.refused);
      cursor = outcome.cursor;
    } while (cursor !== undefined && !context.signal.aborted);
    context.print({ done, refused }, () => formatOutcome(done.length, word, refused));
    return refused.length === 0 ? 0 : 1;
  });
}

function refuseVague(ids: readonly string[], all: boolean, filter: DeadLetterFilter): void {
  const filtered = Object.keys(filter).length > 0;
  if (ids.length > 0 && (all || filtered)) {
    throw new InvalidArgumentError(
      'Name letters, or say which by --agent, --code, --group, --topic, --since; not both.',
    );
  }
  if (ids.length === 0 && !all && !filtered) {
    throw new InvalidArgumentError(
      'Name letters, or say which by --agent, --code, --group, --topic, --since, or --all.',
    );
  }
}

function withFilter(command: Command): Command {
  return command
    .option('--agent <id>', 'only of this agent')
    .option('--code <code>', 'only with this error code')
    .option('--group <name>', 'only records that this group could not handle')
    .option('--topic <name>', 'only records of this topic')
    .addOption(
      new Option('--since <time>', 'only failed since then, such as 2026-11-21T08:00:00Z').argParser(parseTime),
    );
}

function withChoice(command: Command): Command {
  return withFilter(command.argument('[ids...]', 'tasks, or TOPIC:PARTITION:OFFSET@GROUP')).option(
    '--all',
    'all there are',
  );
}

function toFilter({ agent, code, group, topic, since }: FilterOptions): DeadLetterFilter {
  return {
    ...(agent !== undefined && { agentId: agent }),
    ...(code !== undefined && { code }),
    ...(group !== undefined && { group }),
    ...(topic !== undefined && { topic }),
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
  const rows = letters.map((letter) => {
    const { id, code, attempts, failedAtMs, reason } = letter;
    return [id, ...formatWork(letter), code, String(attempts), formatTime(failedAtMs), firstLine(reason)];
  });
  const table = formatTable(['ID', 'AGENT OR GROUP', 'SKILL OR TOPIC', 'CODE', 'ATTEMPTS', 'FAILED', 'REASON'], rows);
  return total > letters.length ? `${table}\n${letters.length} of ${total}; --limit shows more.` : table;
}

function formatWork(letter: DeadLetter): readonly [string, string] {
  return letter.kind === 'call' ? [letter.agentId, letter.skill] : [letter.group, letter.topic];
}

function formatDetail(found: DeadLetterView): string {
  const fields: [string, string | undefined][] = [
    ...headOf(found),
    ['code', found.code],
    ['reason', found.reason],
    ['attempts', String(found.attempts)],
    ['failed', formatTime(found.failedAtMs)],
    ['correlation', found.correlationId],
    ['traceparent', found.traceparent],
    ...(found.kind === 'call' ? dispatchesOf(found) : headersOf(found)),
    ...found.redrivenAtMs.map((ms): [string, string] => ['redriven', formatTime(ms)]),
  ];
  const known = fields.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
  return `${formatFields(known)}\n\n${plainLines(formatContent(found))}`;
}

type CallView = Extract<DeadLetterView, { kind: 'call' }>;
type RecordView = Exclude<DeadLetterView, { kind: 'call' }>;

function headOf(found: DeadLetterView): [string, string | undefined][] {
  if (found.kind === 'call') {
    const { id, agentId, skill, owner, submittedAtMs } = found;
    const agent = `${agentId} (${skill})`;
    return [...Object.entries({ task: id, agent, owner, submitted: formatTime(submittedAtMs) })];
  }
  const { topic, partition, offset, group, key, agentId: agent, publishedAtMs, isRedriving } = found;
  const record = `${topic}, partition ${partition}, offset ${offset}`;
  const state = isRedriving ? 'waits for its group, or is being handled by it' : undefined;
  return Object.entries({ record, group, agent, key, published: formatTime(publishedAtMs), state });
}

function dispatchesOf({ dispatches }: CallView): [string, string][] {
  return dispatches.map(({ attempt, atMs, endpointId }) => [
    `attempt ${attempt}`,
    `${formatTime(atMs)} at ${endpointId}`,
  ]);
}

function headersOf({ headers }: RecordView): [string, string][] {
  return Object.entries(headers).map(([name, value]) => [`header ${name}`, value]);
}

function formatContent(found: DeadLetterView): string {
  if (found.kind === 'call') return JSON.stringify(found.message.parts, undefined, 2);
  const { value, text, base64, notDecoded } = found;
  if (value !== undefined) return JSON.stringify(value, undefined, 2);
  return [text ?? base64 ?? '(no value)', ...(notDecoded === undefined ? [] : [`not decoded: ${notDecoded}`])].join(
    '\n',
  );
}

function formatOutcome(done: number, word: string, refused: DeadLetterOutcome['refused']): string {
  const lines = refused.map(({ id, code, message }) => `${id}: ${code}: ${message}`);
  return [`${done} ${done === 1 ? 'was' : 'were'} ${word}.`, ...lines.map(plainText)].join('\n');
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

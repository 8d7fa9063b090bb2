import { isObject, ParleyError } from '../base/index.ts';
import type { Task, TaskPage } from '../protocol/index.ts';

/** A page over the tasks of several agents, newest status first. */
export interface MergedPage {
  readonly tasks: readonly { readonly agentId: string; readonly task: Task }[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

export interface MergeOptions {
  /** Agents of the first page; a token brings its own. */
  readonly agentIds: readonly string[];
  readonly pageSize: number;
  readonly pageToken: string | undefined;
  /** One agent's tasks, newest status first. */
  readonly fetch: (agentId: string, pageSize: number, pageToken: string | undefined) => Promise<TaskPage>;
}

/** Where each agent that has tasks left goes on, and how many tasks the agents without any left had. */
interface Position {
  readonly finished: number;
  readonly tokens: Readonly<Record<string, string>>;
}

interface Source {
  readonly agentId: string;
  readonly token: string | undefined;
  readonly page: TaskPage;
  taken: number;
}

/** Merges the agents' own pages into one; each agent goes on exactly behind the last of its tasks that was shown. */
export async function mergeTaskPages(options: MergeOptions): Promise<MergedPage> {
  const { pageSize, fetch } = options;
  const position = options.pageToken === undefined ? beginAt(options.agentIds) : parseToken(options.pageToken);
  const sources = await Promise.all(
    Object.entries(position.tokens).map(async ([agentId, text]): Promise<Source> => {
      const token = text === '' ? undefined : text;
      return { agentId, token, page: await fetch(agentId, pageSize, token), taken: 0 };
    }),
  );
  const tasks = takeNewest(sources, pageSize);
  const totalSize = sources.reduce((sum, { page }) => sum + page.totalSize, position.finished);
  return { tasks, nextPageToken: await formatNext(sources, position.finished, options), totalSize };
}

function takeNewest(sources: readonly Source[], pageSize: number): { agentId: string; task: Task }[] {
  const tasks: { agentId: string; task: Task }[] = [];
  while (tasks.length < pageSize) {
    const newest = sources.reduce<Source | undefined>(
      (best, source) => (isNewer(source, best) ? source : best),
      undefined,
    );
    const task = newest?.page.tasks[newest.taken];
    if (newest === undefined || task === undefined) break;
    newest.taken++;
    tasks.push({ agentId: newest.agentId, task });
  }
  return tasks;
}

function isNewer(source: Source, best: Source | undefined): boolean {
  const task = source.page.tasks[source.taken];
  const other = best?.page.tasks[best.taken];
  return task !== undefined && (other === undefined || task.status.timestamp > other.status.timestamp);
}

async function formatNext(sources: readonly Source[], finished: number, options: MergeOptions): Promise<string> {
  const nexts = await Promise.all(sources.map((source) => findNext(source, options.fetch)));
  const open = sources.flatMap(({ agentId }, index) => {
    const token = nexts[index];
    return token === undefined ? [] : [[agentId, token] as const];
  });
  if (open.length === 0) return '';
  const ended = sources.filter((_, index) => nexts[index] === undefined);
  const total = ended.reduce((sum, { page }) => sum + page.totalSize, finished);
  return formatToken({ finished: total, tokens: Object.fromEntries(open) });
}

// The agent's token stands behind its whole page; when only some of that was shown, a page of just those has the right one.
async function findNext(source: Source, fetch: MergeOptions['fetch']): Promise<string | undefined> {
  const { agentId, token, page, taken } = source;
  if (taken === page.tasks.length) return page.nextPageToken === '' ? undefined : page.nextPageToken;
  if (taken === 0) return token ?? '';
  return (await fetch(agentId, taken, token)).nextPageToken || undefined;
}

function beginAt(agentIds: readonly string[]): Position {
  return { finished: 0, tokens: Object.fromEntries(agentIds.map((agentId) => [agentId, ''])) };
}

function formatToken(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function parseToken(text: string): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (isPosition(position)) return position;
  } catch (cause) {
    throw badToken(cause);
  }
  throw badToken(undefined);
}

function isPosition(value: unknown): value is Position {
  if (!isObject(value) || typeof value['finished'] !== 'number' || !isObject(value['tokens'])) return false;
  return Object.values(value['tokens']).every((token) => typeof token === 'string');
}

function badToken(cause: unknown): ParleyError {
  return new ParleyError('INVALID_PARAMS', 'The page token is not one of this listing; begin again without it.', {
    cause,
  });
}

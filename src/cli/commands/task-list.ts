import { type Command, Option } from 'commander';
import type { TaskSummary } from '../../control/index.ts';
import { type TaskState, taskStates } from '../../protocol/index.ts';
import { formatTime, paintStatus } from '../format.ts';
import { parseCount } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  readonly agent?: string;
  readonly state?: TaskState;
  readonly context?: string;
  readonly limit: number;
  readonly pageToken?: string;
}

const examples = `
Examples:
  parley task list                             the newest, of all agents
  parley task list --agent analyst --state failed
  parley task list --limit 100 -o json`;

/** Adds `task list`. */
export function addTaskListCommand(task: Command, { run }: Runner): void {
  task
    .command('list')
    .description('show tasks, newest first')
    .option('--agent <id>', 'only those of one agent')
    .addOption(new Option('--state <state>', 'only those in one state').choices(taskStates))
    .option('--context <id>', 'only those of one conversation')
    .option('--limit <count>', 'how many at once, at most 100', parseCount, 50)
    .option('--page-token <token>', 'go on behind an earlier page')
    .addHelpText('after', examples)
    .action(
      run<Options, []>((context, { agent, state, context: contextId, limit, pageToken }) => {
        return context.useNode(async (client) => {
          const page = await client.tasks.list({
            pageSize: Math.min(limit, 100),
            ...(agent !== undefined && { agent }),
            ...(state !== undefined && { state }),
            ...(contextId !== undefined && { contextId }),
            ...(pageToken !== undefined && { pageToken }),
          });
          context.print(page, () => formatTasks(page.tasks, context.terminal));
          const rest = `${page.totalSize} in all; the next page: --page-token ${page.nextPageToken}`;
          if (page.nextPageToken !== '' && !context.json) context.terminal.note(rest);
          return 0;
        });
      }),
    );
}

function formatTasks(tasks: readonly TaskSummary[], { colors }: Terminal): string {
  if (tasks.length === 0) return 'No tasks.';
  const rows = tasks.map(({ id, state, agentId, changedAt, message }) => {
    return [id, state, agentId, formatTime(Date.parse(changedAt)), (message ?? '').split('\n')[0] ?? ''];
  });
  return formatTable(['TASK', 'STATE', 'AGENT', 'CHANGED', ''], rows, paintStatus(colors));
}

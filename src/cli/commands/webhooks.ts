import type { Command } from 'commander';
import { formatTime } from '../format.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const listExamples = `
Examples:
  parley webhooks list                         what was given up, and why
  parley webhooks list -o json                 the same for a program`;

const redriveExamples = `
Examples:
  parley webhooks redrive TASK WEBHOOK         both as "parley webhooks list" shows them`;

/** Adds `webhooks` with its commands. */
export function addWebhookCommands(program: Command, runner: Runner): void {
  const webhooks = program
    .command('webhooks')
    .description('look at webhooks that were given up, and tell them again')
    .helpCommand(false);
  addList(webhooks, runner);
  addRedrive(webhooks, runner);
}

function addList(webhooks: Command, { run }: Runner): void {
  webhooks
    .command('list')
    .description('show the webhooks that were given up, newest first')
    .addHelpText('after', listExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const failed = await client.webhooks.listFailed();
          context.print({ webhooks: failed }, () => {
            if (failed.length === 0) return 'No webhook was given up.';
            const rows = failed.map(({ taskId, id, url, failedAtMs, attempts, reason }) => {
              return [taskId, id, url, formatTime(failedAtMs), String(attempts), reason];
            });
            return formatTable(['TASK', 'WEBHOOK', 'URL', 'GIVEN UP', 'ATTEMPTS', 'REASON'], rows);
          });
          return 0;
        });
      }),
    );
}

function addRedrive(webhooks: Command, { run }: Runner): void {
  webhooks
    .command('redrive')
    .description('tell a webhook again, from where it stopped')
    .argument('<task>', 'task id')
    .argument('<webhook>', 'id of its push configuration')
    .addHelpText('after', redriveExamples)
    .action(
      run<object, [string, string]>((context, _options, taskId, id) => {
        return context.useNode(async (client) => {
          await client.webhooks.redrive(taskId, id);
          context.print({ taskId, id }, () => `The webhook ${id} of task ${taskId} is told again.`);
          return 0;
        });
      }),
    );
}

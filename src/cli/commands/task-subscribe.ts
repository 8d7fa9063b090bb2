import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseSeconds } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { createArtifactFolder } from '../send/artifact-folder.ts';
import { TaskPrinter, toPayload } from '../send/task-printer.ts';

interface Options {
  readonly output?: string;
  readonly timeout?: number;
}

const examples = `
Examples:
  parley task subscribe 0190a1b2-…
  parley task subscribe 0190a1b2-… -o json    one JSON object per event`;

/** Adds `task subscribe`. */
export function addTaskSubscribeCommand(task: Command, { run }: Runner): void {
  task
    .command('subscribe')
    .description('follow a task until it ends')
    .argument('<id>', 'task id')
    .option('--output <folder>', 'save the files that come there')
    .option('--timeout <seconds>', 'stop following after so long; the task goes on', parseSeconds)
    .addHelpText('after', examples)
    .action(
      run<Options, [string]>((context, { output, timeout }, id) => {
        const { terminal, json } = context;
        const signal = context.limit(timeout, `The task ${id}`);
        const folder = output === undefined ? {} : { folder: createArtifactFolder(resolve(output)) };
        const printer = new TaskPrinter({ terminal, quiet: json, ...folder });
        return context.useNode(async (client) => {
          const { agentId } = await client.tasks.get(id);
          try {
            for await (const item of client.agent(agentId).subscribe(id, signal)) {
              await printer.show(item);
              if (json) terminal.line(JSON.stringify(toPayload(item)));
            }
          } finally {
            printer.finish();
          }
          return 0;
        });
      }),
    );
}

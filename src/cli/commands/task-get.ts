import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Runner } from '../runner.ts';
import { createArtifactFolder } from '../send/artifact-folder.ts';
import { TaskPrinter, toPayload } from '../send/task-printer.ts';

interface Options {
  readonly output?: string;
}

const examples = `
Examples:
  parley task get 0190a1b2-…                  state on stderr, the artifacts' text on stdout
  parley task get 0190a1b2-… --output out/    with its files`;

/** Adds `task get`. */
export function addTaskGetCommand(task: Command, { run }: Runner): void {
  task
    .command('get')
    .description('show a task and what came out of it')
    .argument('<id>', 'task id')
    .option('--output <folder>', 'save its files there')
    .addHelpText('after', examples)
    .action(
      run<Options, [string]>(({ terminal, json, print, useNode }, { output }, id) => {
        return useNode(async (client) => {
          const { agentId } = await client.tasks.get(id);
          const item = { kind: 'task', task: await client.agent(agentId).getTask(id) } as const;
          const folder = output === undefined ? {} : { folder: createArtifactFolder(resolve(output)) };
          const printer = new TaskPrinter({ terminal, quiet: json, ...folder });
          await printer.show(item);
          printer.finish();
          if (json) print(toPayload(item), () => '');
          return 0;
        });
      }),
    );
}

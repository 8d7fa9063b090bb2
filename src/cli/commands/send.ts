import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Message, StreamItem } from '../../protocol/index.ts';
import type { CommandContext } from '../command-context.ts';
import { parseSeconds } from '../parse-options.ts';
import type { Runner } from '../runner.ts';
import { createArtifactFolder } from '../send/artifact-folder.ts';
import { converse } from '../send/converse.ts';
import { createMessage, type MessageOptions } from '../send/create-message.ts';
import { TaskPrinter, toPayload } from '../send/task-printer.ts';

interface Options extends Omit<MessageOptions, 'text'> {
  readonly output?: string;
  readonly async?: boolean;
  readonly timeout?: number;
}

const examples = `
Examples:
  parley send echo "hello"                              text
  parley send analyst --file sales.csv --output out/    a file, and the files that come back
  parley send sums --skill add --data '{"a":1,"b":2}'   arguments for one skill
  parley send interviewer --task ID "an answer"         an answer to the agent's question
  parley send analyst --file big.csv --async            only the task's id, at once`;

/** Adds `send`. */
export function addSendCommand(program: Command, { run }: Runner): void {
  program
    .command('send')
    .description('give an agent work, and show what it does and answers')
    .argument('<agent>', 'agent or deployment id')
    .argument('[text...]', 'what to say')
    .option('--file <path>', 'a file to send along; may be given several times', collect)
    .option('--data <json>', 'data as JSON, or @FILE with JSON')
    .option('--skill <id>', "which of the agent's skills")
    .option('--task <id>', 'the task whose question this answers')
    .option('--context <id>', 'the conversation it belongs to')
    .option('--output <folder>', 'save the files that come back there')
    .option('--async', 'do not wait: print the id of the task')
    .option('--timeout <seconds>', 'stop waiting after so long; the task goes on', parseSeconds)
    .addHelpText('after', examples)
    .action(
      run<Options, [string, string[]]>(async (context, options, agentId, words) => {
        const text = words.length === 0 ? {} : { text: words.join(' ') };
        const message = await createMessage({ ...options, ...text });
        await (options.async ? sendAndLeave : sendAndShow)({ context, options, agentId, message });
        return 0;
      }),
    );
}

interface Sending {
  readonly context: CommandContext;
  readonly options: Options;
  readonly agentId: string;
  readonly message: Message;
}

function sendAndShow({ context, options, agentId, message }: Sending): Promise<void> {
  const { terminal, json } = context;
  const folder = options.output === undefined ? {} : { folder: createArtifactFolder(resolve(options.output)) };
  const printer = new TaskPrinter({ terminal, quiet: json, ...folder });
  const signal = context.limit(options.timeout, `The answer of ${agentId}`);
  return context.useNode((client) => converse({ context, client, agentId, printer, signal }, message));
}

function sendAndLeave({ context, options, agentId, message }: Sending): Promise<void> {
  const signal = context.limit(options.timeout, `The answer of ${agentId}`);
  return context.useNode(async (client) => {
    const item = await client.agent(agentId).send({ message, configuration: { returnImmediately: true } }, signal);
    context.print(toPayload(item), () => idOf(item));
  });
}

function idOf(item: StreamItem): string {
  if (item.kind === 'task') return item.task.id;
  return item.kind === 'message' ? item.message.messageId : item.update.taskId;
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

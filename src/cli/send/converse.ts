import type { ControlClient } from '../../control/index.ts';
import { isInterrupted, type Message, type StreamItem, type Task } from '../../protocol/index.ts';
import type { CommandContext } from '../command-context.ts';
import { askPerson } from './ask-person.ts';
import { createMessage } from './create-message.ts';
import { type TaskPrinter, toPayload } from './task-printer.ts';

export interface Conversation {
  readonly context: CommandContext;
  readonly client: ControlClient;
  readonly agentId: string;
  readonly printer: TaskPrinter;
  readonly signal: AbortSignal;
}

/**
 * Sends, shows what happens until the task ends, and asks the person at the terminal what the agent asks back. Without one the
 * question is the result, and a note says how to answer.
 */
export async function converse(conversation: Conversation, first: Message): Promise<void> {
  const { context, client, agentId } = conversation;
  let message = first;
  while (true) {
    const last = await showStream(conversation, message);
    const task = await toTask(conversation, last);
    const question = task !== undefined && isInterrupted(task.status.state) ? task : undefined;
    const answer = question && context.terminal.interactive && !context.json ? await ask(question) : undefined;
    if (question === undefined || answer === undefined) {
      if (question !== undefined) tellHowToAnswer(context, agentId, question);
      if (context.json && last !== undefined) {
        context.print(toPayload(task === undefined ? last : await refetch(client, agentId, task)), () => '');
      }
      return;
    }
    message = await createMessage({ text: answer, task: question.id, context: question.contextId });
  }
}

async function showStream(
  { client, agentId, printer, signal, context }: Conversation,
  message: Message,
): Promise<StreamItem | undefined> {
  let last: StreamItem | undefined;
  let taskId: string | undefined;
  try {
    for await (const item of client
      .agent(agentId)
      .stream({ message, configuration: { returnImmediately: false } }, signal)) {
      if (item.kind !== 'message') taskId = item.kind === 'task' ? item.task.id : item.update.taskId;
      await printer.show(item);
      last = item;
    }
  } finally {
    printer.finish();
    if (signal.aborted && taskId !== undefined) {
      context.terminal.note(
        `The task goes on: "parley task subscribe ${taskId}" follows it, "parley task cancel ${taskId}" stops it.`,
      );
    }
  }
  return last;
}

async function toTask({ client, agentId }: Conversation, last: StreamItem | undefined): Promise<Task | undefined> {
  if (last === undefined || last.kind === 'message') return undefined;
  if (last.kind === 'task') return last.task;
  return client.agent(agentId).getTask(last.update.taskId);
}

// The item that ended the stream may be a snapshot from its beginning.
function refetch(client: ControlClient, agentId: string, task: Task): Promise<StreamItem> {
  return client
    .agent(agentId)
    .getTask(task.id)
    .then((fresh) => ({ kind: 'task', task: fresh }));
}

function ask(task: Task): Promise<string | undefined> {
  return askPerson(questionOf(task));
}

function tellHowToAnswer({ terminal, json }: CommandContext, agentId: string, task: Task): void {
  if (!json) terminal.line(questionOf(task));
  terminal.note(`Answer it with: parley send ${agentId} --task ${task.id} "your answer"`);
}

function questionOf({ status }: Task): string {
  const texts = status.message?.parts.flatMap((part) => {
    if ('text' in part) return [part.text];
    return 'data' in part ? [JSON.stringify(part.data)] : [];
  });
  return texts?.join('\n') || 'The agent waits for an answer.';
}

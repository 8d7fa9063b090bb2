import { type Artifact, type Message, type Part, TaskState, type TaskStatus } from '@a2a-js/sdk';
import { AgentEvent, type AgentExecutor, type ExecutionEventBus, type RequestContext } from '@a2a-js/sdk/server';

interface TaskRef {
  readonly taskId: string;
  readonly contextId: string;
}

/** What bench/agents/echo does, as an executor of the SDK: the same answer by the same events. */
export const peerAgent: AgentExecutor = {
  async execute({ taskId, contextId, userMessage }: RequestContext, bus: ExecutionEventBus) {
    const ref = { taskId, contextId };
    const status = statusOf(TaskState.TASK_STATE_SUBMITTED);
    bus.publish(
      AgentEvent.task({ id: taskId, contextId, status, artifacts: [], history: [userMessage], metadata: undefined }),
    );
    for (const [index, text] of answerTo(userMessage).entries()) publishChunk(bus, ref, index, text);
    publishEnd(bus, ref);
    bus.finished();
  },
  async cancelTask() {},
};

function* chunks({ chunks: count, bytes }: { chunks: number; bytes: number }): Generator<string> {
  for (let chunk = 0; chunk < count; chunk++) yield String(chunk).padEnd(bytes, '.');
}

function answerTo(message: Message): Iterable<string> & { entries(): Iterable<[number, string]> } {
  const content = message.parts[0]?.content;
  return content?.$case === 'data' ? [...chunks(content.value)] : [String(content?.value ?? '')];
}

function publishChunk(bus: ExecutionEventBus, ref: TaskRef, index: number, text: string): void {
  bus.publish(
    AgentEvent.artifactUpdate({
      ...ref,
      artifact: artifactOf(text),
      append: index > 0,
      lastChunk: false,
      metadata: undefined,
    }),
  );
}

function publishEnd(bus: ExecutionEventBus, ref: TaskRef): void {
  const status = statusOf(TaskState.TASK_STATE_COMPLETED);
  bus.publish(AgentEvent.statusUpdate({ ...ref, status, metadata: undefined }));
}

function statusOf(state: TaskState): TaskStatus {
  return { state, message: undefined, timestamp: new Date().toISOString() };
}

function artifactOf(text: string): Artifact {
  const part: Part = { content: { $case: 'text', value: text }, metadata: undefined, filename: '', mediaType: '' };
  return { artifactId: 'result', name: '', description: '', parts: [part], metadata: undefined, extensions: [] };
}

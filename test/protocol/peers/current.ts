import { AgentCard, Part, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from '@a2a-js/sdk';
import { AgentEvent, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { jsonRpcHandler, restHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import { openPeer, type Peer } from './peer.ts';

const card = AgentCard.fromJSON({
  name: 'peer',
  description: 'Answers at once.',
  version: '1.0.0',
  supportedInterfaces: ['JSONRPC', 'HTTP+JSON'].map((protocolBinding) => {
    return { url: 'http://127.0.0.1/', protocolBinding, protocolVersion: '1.0' };
  }),
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
});

const parts = [
  { data: { sum: 42 } },
  { text: 'hello' },
  { raw: 'AAH+/w==', filename: 'a.bin', mediaType: 'application/x-test' },
  { url: 'https://example.com/a', mediaType: 'text/html' },
].map((part) => Part.fromJSON(part));

const agent: AgentExecutor = {
  async execute({ taskId, contextId, userMessage }, bus) {
    const ref = { taskId, contextId };
    const said = { messageId: 'm-2', role: 'ROLE_AGENT', parts: [{ text: 'on it' }], ...ref };
    const statusOf = (state: string, message?: object): object => ({
      state,
      message,
      timestamp: '2026-11-21T10:00:00.000Z',
    });
    const task = Task.fromJSON({ id: taskId, contextId, status: statusOf('TASK_STATE_SUBMITTED') });
    bus.publish(AgentEvent.task({ ...task, history: [userMessage] }));
    bus.publish(
      AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ ...ref, status: statusOf('TASK_STATE_WORKING', said) })),
    );
    const update = TaskArtifactUpdateEvent.fromJSON({
      ...ref,
      artifact: { artifactId: 'a-1', name: 'answer' },
      lastChunk: true,
    });
    if (update.artifact) update.artifact.parts = parts;
    bus.publish(AgentEvent.artifactUpdate(update));
    bus.publish(
      AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ ...ref, status: statusOf('TASK_STATE_COMPLETED') })),
    );
    bus.finished();
  },
  async cancelTask() {},
};

/** The server of @a2a-js/sdk 1.3. */
export function openCurrentPeer(): Promise<Peer> {
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), agent);
  const options = { requestHandler, userBuilder: UserBuilder.noAuthentication };
  return openPeer((app) => app.use('/rest', restHandler(options)).use('/', jsonRpcHandler(options)));
}

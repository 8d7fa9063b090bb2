import type { AgentCard, Message, Part } from 'a2a-sdk-0.3';
import { type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from 'a2a-sdk-0.3/server';
import { jsonRpcHandler, restHandler, UserBuilder } from 'a2a-sdk-0.3/server/express';
import { openPeer, type Peer } from './peer.ts';

const card: AgentCard = {
  name: 'peer',
  description: 'Answers at once.',
  version: '1.0.0',
  protocolVersion: '0.3.0',
  url: 'http://127.0.0.1/',
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [],
};

const parts: Part[] = [
  { kind: 'data', data: { sum: 42 } },
  { kind: 'text', text: 'hello' },
  { kind: 'file', file: { bytes: 'AAH+/w==', name: 'a.bin', mimeType: 'application/x-test' } },
  { kind: 'file', file: { uri: 'https://example.com/a', mimeType: 'text/html' } },
];

const agent: AgentExecutor = {
  async execute({ taskId, contextId, userMessage }, bus) {
    const ref = { taskId, contextId };
    const timestamp = '2026-11-21T10:00:00.000Z';
    const kind = 'status-update';
    const message: Message = {
      kind: 'message',
      messageId: 'm-2',
      role: 'agent',
      parts: [{ kind: 'text', text: 'on it' }],
      ...ref,
    };
    bus.publish({
      kind: 'task',
      id: taskId,
      contextId,
      status: { state: 'submitted', timestamp },
      history: [userMessage],
    });
    bus.publish({ kind, ...ref, status: { state: 'working', message, timestamp }, final: false });
    const artifact = { artifactId: 'a-1', name: 'answer', parts };
    bus.publish({ kind: 'artifact-update', ...ref, artifact, lastChunk: true });
    bus.publish({ kind, ...ref, status: { state: 'completed', timestamp }, final: true });
    bus.finished();
  },
  async cancelTask() {},
};

/** The server of @a2a-js/sdk 0.3.14. */
export function openOldPeer(): Promise<Peer> {
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), agent);
  const options = { requestHandler, userBuilder: UserBuilder.noAuthentication };
  return openPeer((app) => app.use('/rest', restHandler(options)).use('/', jsonRpcHandler(options)));
}

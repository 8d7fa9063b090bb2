import { type Clock, computeBackoffMs, createId, ParleyError, sleep } from '../../base/index.ts';
import { type SendRequest, type SseEvent, type StreamItem, type Task, v1Codec } from '../../protocol/index.ts';
import { followTask, type StreamPlace } from './follow-task.ts';
import type { NodeCall, NodeConnection } from './node-connection.ts';

/**
 * One agent over A2A 1.0 (HTTP+JSON). Every send carries an idempotency key, so a call that is repeated because its answer was
 * lost is not done twice. Errors: what the agent's server says, UNREACHABLE.
 */
export interface AgentClient {
  /** Waits until the task ends or asks back, unless `returnImmediately`. A task or a message. */
  send(request: SendRequest, signal: AbortSignal): Promise<StreamItem>;
  /** Sends, and gives every item until the task ends or asks back, across dropped connections. */
  stream(request: SendRequest, signal: AbortSignal): AsyncIterable<StreamItem>;
  /** Follows a task until it ends, also while it waits for an answer; one that has ended is given as it is. */
  subscribe(taskId: string, signal: AbortSignal): AsyncIterable<StreamItem>;
  getTask(taskId: string): Promise<Task>;
  cancelTask(taskId: string): Promise<Task>;
}

export interface AgentClientOptions {
  readonly connection: NodeConnection;
  /** Agent or deployment id. */
  readonly agentId: string;
  readonly clock: Clock;
}

const sendRetry = { baseMs: 200, multiplier: 2, maxMs: 1_000 };
const maxSendRetries = 2;

/** A client of one agent, over a connection that it does not close. */
export function createAgentClient({ connection, agentId, clock }: AgentClientOptions): AgentClient {
  const base = `/a2a/${encodeURIComponent(agentId)}`;
  const call = (method: NodeCall['method'], path: string, more: Partial<NodeCall> = {}): NodeCall => {
    return { method, path: base + path, ...more, headers: { 'a2a-version': '1.0', ...more.headers } };
  };
  const getTask = async (id: string): Promise<Task> =>
    v1Codec.decodeTask(await connection.json(call('GET', taskPath(id))));
  const fetch = async (id: string): Promise<StreamItem> => ({ kind: 'task', task: await getTask(id) });
  const resubscribe = (place: StreamPlace, signal: AbortSignal): Promise<AsyncIterable<SseEvent>> => {
    const headers = place.lastEventId === undefined ? {} : { 'last-event-id': place.lastEventId };
    const path = `${taskPath(place.taskId ?? '')}:subscribe`;
    return connection.events(call('GET', path, { headers, signal, headTimeoutMs: 0 }));
  };
  return {
    async send(request, signal) {
      const sending = createSending(request, signal);
      const answer = await retry(() => connection.json(call('POST', '/message:send', sending)), clock, signal);
      return v1Codec.decodeStreamItem(answer);
    },
    stream(request, signal) {
      const sending = createSending(request, signal);
      const begin = (): Promise<AsyncIterable<SseEvent>> => connection.events(call('POST', '/message:stream', sending));
      const open = (place: StreamPlace): Promise<AsyncIterable<SseEvent>> => {
        return place.taskId === undefined || place.lastEventId === undefined ? begin() : resubscribe(place, signal);
      };
      return followTask({ open, fetch, until: 'settled', clock, signal });
    },
    subscribe(taskId, signal) {
      const open = (place: StreamPlace): Promise<AsyncIterable<SseEvent>> => resubscribe(place, signal);
      return followTask({ open, fetch, until: 'ended', clock, signal, from: { taskId } });
    },
    getTask,
    cancelTask: async (id) =>
      v1Codec.decodeTask(await connection.json(call('POST', `${taskPath(id)}:cancel`, { body: {} }))),
  };
}

function createSending(request: SendRequest, signal: AbortSignal): Partial<NodeCall> {
  return {
    body: v1Codec.encodeSend(request),
    headers: { 'content-type': 'application/a2a+json', 'idempotency-key': createId() },
    signal,
    headTimeoutMs: 0,
  };
}

async function retry<T>(attempt: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      if (error.code !== 'UNREACHABLE' || tries >= maxSendRetries) throw error;
      await sleep(clock, computeBackoffMs(sendRetry, tries), signal);
    }
  }
}

function taskPath(id: string): string {
  return `/tasks/${encodeURIComponent(id)}`;
}

import type { LoadPlan } from '../load/load-plan.ts';

type Call = Pick<LoadPlan, 'headers' | 'body' | 'expect'>;

const headers: Readonly<Record<string, string>> = { 'a2a-version': '1.0' };

/** A blocking SendMessage that is answered with a completed task. */
export const blockingCall: Call = {
  headers,
  body: createBody('SendMessage', { text: 'hello, agent' }, 'echo'),
  expect: 'TASK_STATE_COMPLETED',
};

/** A SendStreamingMessage whose task has so many chunks of so many characters. */
export function createStreamingCall(chunks: number, bytes: number): Call {
  return {
    headers: { ...headers, accept: 'text/event-stream' },
    body: createBody('SendStreamingMessage', { data: { chunks, bytes } }, 'stream'),
    expect: 'TASK_STATE_COMPLETED',
  };
}

/** A SendStreamingMessage whose task has a chunk every so many ms and does not end. */
export function createDrippingCall(everyMs: number): Call {
  return {
    headers: { ...headers, accept: 'text/event-stream' },
    body: createBody('SendStreamingMessage', { data: { everyMs } }, 'drip'),
    expect: '',
  };
}

/** A SubscribeToTask that follows a task to its end. */
export function createFollowingCall(taskId: string): Call {
  return {
    headers: { ...headers, accept: 'text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SubscribeToTask', params: { id: taskId } }),
    expect: 'TASK_STATE_COMPLETED',
  };
}

function createBody(method: string, part: object, skill: string): string {
  const message = { messageId: 'bench-000000000000', role: 'ROLE_USER', parts: [part], metadata: { skill } };
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { message } });
}

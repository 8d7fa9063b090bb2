import { randomUUID } from 'node:crypto';
import { isObject } from '../../src/base/index.ts';

/** A task as it stands in answers of A2A's HTTP+JSON binding. */
export interface WireTask {
  readonly id: string;
  readonly status: {
    readonly state: string;
    readonly message?: { readonly metadata?: { readonly code?: string } };
  };
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface SendOptions {
  readonly data?: Record<string, unknown>;
  readonly returnImmediately?: boolean;
  readonly skill?: string;
}

/** The request that sends one message. */
export function createSendBody({ data = {}, returnImmediately = false, skill }: SendOptions): string {
  return JSON.stringify({
    message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ data }], ...(skill && { metadata: { skill } }) },
    configuration: { returnImmediately },
  });
}

/** Sends one message to the agent at this base address. */
export function send(agentUrl: string, options: SendOptions = {}): Promise<Answer> {
  return request(`${agentUrl}/message:send`, { method: 'POST', body: createSendBody(options) });
}

export function getTask(agentUrl: string, id: string): Promise<Answer> {
  return request(`${agentUrl}/tasks/${id}?historyLength=0`, {});
}

/** The task of an answer to a send or a get. */
export function taskOf({ body }: Answer): WireTask | undefined {
  const task = 'status' in body ? body : body['task'];
  return isObject(task) ? (task as unknown as WireTask) : undefined;
}

export function isEnded({ status }: WireTask): boolean {
  return ['TASK_STATE_COMPLETED', 'TASK_STATE_FAILED', 'TASK_STATE_CANCELED', 'TASK_STATE_REJECTED'].includes(
    status.state,
  );
}

async function request(url: string, init: RequestInit): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
  const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(30_000) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

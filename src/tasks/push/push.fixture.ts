import { setTimeout as delay } from 'node:timers/promises';
import { ParleyError } from '../../base/index.ts';
import { createEs256Key, createSealer, createWebhookSigner } from '../../security/index.ts';
import type { TaskServiceOptions } from '../service.ts';
import type { WebhookRequest } from './port.ts';

/** A webhook of a test: what it was told, and what it answers next. */
export interface TestWebhook {
  readonly requests: Pick<WebhookRequest, 'url' | 'headers' | 'body'>[];
  /** Answers the next calls, in order; then 204. A function may wait or throw. */
  readonly answers: (number | (() => Promise<number>))[];
  readonly options: TaskServiceOptions['push'];
}

const key = createEs256Key();

/** A transport that calls nobody. It refuses addresses of `private.test`. */
export function createTestWebhook(maxAttempts: number = 3): TestWebhook {
  const requests: TestWebhook['requests'] = [];
  const answers: TestWebhook['answers'] = [];
  const transport: TaskServiceOptions['push']['transport'] = {
    checkUrl(url) {
      if (url.includes('private.test')) throw new ParleyError('INVALID_PARAMS', 'The url must be public.');
    },
    async post({ url, headers, body }) {
      requests.push({ url, headers, body });
      const answer = answers.shift() ?? 204;
      return typeof answer === 'number' ? answer : answer();
    },
  };
  const retry = { maxAttempts, firstDelayMs: 1, maxDelayMs: 5 };
  const sealer = createSealer('k'.repeat(43));
  const signer = createWebhookSigner(key, () => 'http://fabric.test');
  return { requests, answers, options: { transport, sealer, signer, retry, timeoutMs: 1_000 } };
}

/** Resolves when `holds` does; rejects, naming what was waited for, when it does not within 30 s. */
export async function waitUntil(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`Waited 30 s, but not: ${what}.`);
    await delay(10);
  }
}

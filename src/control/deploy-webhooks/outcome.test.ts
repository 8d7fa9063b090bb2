import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findOutcome } from './outcome.ts';

const asked = { deploymentId: 'd', agentId: 'a', askedAtMs: 100 };

function known(status: 'starting' | 'healthy' | 'failed' | 'stopping' | 'stopped', more: object = {}) {
  return { id: 'd', status, message: undefined, createdAtMs: 101, ...more };
}

function statusOf(outcome: ReturnType<typeof findOutcome>): string {
  return typeof outcome === 'string' ? outcome : outcome.status;
}

test('a deployment is waited for until it is healthy, has failed or was replaced', () => {
  const statuses = ['starting', 'healthy', 'failed', 'stopping', 'stopped'] as const;
  const outcomes = statuses.map((status) => statusOf(findOutcome([known(status)], asked)));
  assert.deepEqual(outcomes, ['open', 'healthy', 'failed', 'open', 'stopped']);
});

test('one that has served came out well, whatever it is now', () => {
  assert.equal(statusOf(findOutcome([known('stopped', { served: true })], asked)), 'healthy');
});

test('an older deployment of the id and one of another id are not meant', () => {
  const others = [known('failed', { id: 'e' }), known('failed', { createdAtMs: 99 })];
  assert.equal(findOutcome(others, asked), 'unknown');
  assert.equal(statusOf(findOutcome([known('healthy'), ...others], asked)), 'healthy');
});

test('what is wrong is told with it', () => {
  const outcome = findOutcome([known('failed', { message: 'no luck' })], asked);
  const expected = { deploymentId: 'd', agentAppId: 'a', status: 'failed', healthy: false, message: 'no luck' };
  assert.deepEqual(outcome, expected);
});

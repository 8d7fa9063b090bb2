import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../base/index.ts';
import type { CallChain } from './call-chain.ts';
import { extendChain } from './extend-chain.ts';

const link = {
  chain: undefined,
  origin: 'anonymous',
  agentId: 'writer',
  invocationId: 'call-1',
  deadlineAtMs: undefined,
  correlationId: 'corr-1',
};

function chainOf(...path: string[]): CallChain {
  return { origin: 'operator', path, invocationId: 'call-0', deadlineAtMs: 500, correlationId: 'corr-0' };
}

test('the first call begins a chain with its own origin and correlation id', () => {
  const expected = { origin: 'anonymous', path: ['writer'], invocationId: 'call-1', correlationId: 'corr-1' };
  assert.deepEqual(extendChain(link), { ...expected, deadlineAtMs: undefined });
});

test('a later call keeps origin and correlation id and is added to the path', () => {
  const chain = extendChain({ ...link, chain: chainOf('a') });
  assert.deepEqual(chain, { ...chainOf('a', 'writer'), invocationId: 'call-1' });
});

test('of two deadlines the earlier one holds', () => {
  assert.equal(extendChain({ ...link, chain: chainOf('a'), deadlineAtMs: 900 }).deadlineAtMs, 500);
  assert.equal(extendChain({ ...link, chain: chainOf('a'), deadlineAtMs: 100 }).deadlineAtMs, 100);
  assert.equal(extendChain({ ...link, deadlineAtMs: 100 }).deadlineAtMs, 100);
});

test('an agent that is already in the chain is not called again', () => {
  assert.throws(
    () => extendChain({ ...link, chain: chainOf('writer', 'analyst') }),
    (thrown) => hasCode(thrown, 'CHAIN_REFUSED') && thrown.message.includes('writer → analyst → writer'),
  );
});

test('the eighth agent of a chain may be called, the ninth may not', () => {
  const seven = Array.from({ length: 7 }, (_, index) => `agent-${index}`);
  assert.equal(extendChain({ ...link, chain: chainOf(...seven) }).path.length, 8);
  const refused = { ...link, chain: chainOf(...seven, 'agent-7') };
  assert.throws(() => extendChain(refused), { code: 'CHAIN_REFUSED' });
  assert.equal(extendChain({ ...refused, maxDepth: 9 }).path.length, 9);
});

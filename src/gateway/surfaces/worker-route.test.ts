import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../registry/index.ts';
import { findWorkerRoute } from './worker-route.ts';

function createEndpoint(hasOwnRoutes: boolean): Endpoint {
  const rest = hasOwnRoutes ? { take: () => ({ socketPath: '', release: () => {} }) } : undefined;
  return { id: 'shop-1', record: { skills: [{ id: 'sell' }] }, surfaces: { rest } } as unknown as Endpoint;
}

const find = (url: string, hasOwnRoutes: boolean, method: string = 'POST'): string | undefined =>
  findWorkerRoute({ method, url }, createEndpoint(hasOwnRoutes));

test('invoke and exports are the node’s where the package has no routes of its own', () => {
  assert.equal(find('/invoke', false), '/agents/shop-1/invoke');
  assert.equal(find('/exports/sell?a=1', false), '/agents/shop-1/exports/sell?a=1');
  assert.equal(find('/exports/nothing', false), '/agents/shop-1/exports/nothing');
});

test('a package’s own routes stay its own, but for exports that its agent has', () => {
  assert.equal(find('/invoke', true), undefined);
  assert.equal(find('/exports/nothing', true), undefined);
  assert.equal(find('/exports/sell', true), '/agents/shop-1/exports/sell');
});

test('nothing else is looked at', () => {
  for (const url of ['/exports/a/b', '/exports/', '/', '/invoke/x', '/x/invoke'])
    assert.equal(find(url, false), undefined);
  assert.equal(find('/invoke', false, 'GET'), undefined);
});

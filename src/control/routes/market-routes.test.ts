import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { operator } from '../../security/index.ts';
import { createMarketControl } from '../market/market-control.ts';
import type { ControlResponse } from '../route.ts';
import { openMarket } from './market.fixture.ts';
import { createMarketRoutes } from './market-routes.ts';

function call(operationId: string, { id = 'n1', body = {}, asked = [] as unknown[] } = {}): Promise<ControlResponse> {
  const routes = createMarketRoutes(createMarketControl(() => openMarket(asked)));
  const route = routes.find((candidate) => candidate.operationId === operationId);
  assert.ok(route, operationId);
  const { signal } = new AbortController();
  return route.handle({ params: { id }, query: new URLSearchParams(), body, principal: operator, signal });
}

async function follow(id: string): Promise<readonly Record<string, unknown>[]> {
  const answer = await call('followNegotiation', { id });
  assert.ok('events' in answer);
  const states: Record<string, unknown>[] = [];
  for await (const { data } of answer.events) states.push(JSON.parse(data));
  return states;
}

test('a request that was asked for by HTTP is handed over with parts as A2A has them', async () => {
  const asked: unknown[] = [];
  const input = [{ text: 'one two' }, { raw: Buffer.from('bytes').toString('base64'), filename: 'a.bin' }];
  const answer = await call('requestTask', { body: { description: 'Count', proposedCost: 75, input }, asked });
  assert.equal(answer.status, 201);
  const [request] = asked as [{ input: [unknown, { raw: Uint8Array }] }];
  assert.equal(Buffer.from(request.input[1].raw).toString(), 'bytes');
});

test('what is no request is refused before the market hears of it', async () => {
  const asked: unknown[] = [];
  const wrong: object[] = [{}, { description: '' }, { description: 'x', proposedCost: -1 }, { description: 'x', a: 1 }];
  for (const body of wrong) await assert.rejects(call('requestTask', { body, asked }), { code: 'VALIDATION_FAILED' });
  const noPart = { body: { description: 'x', input: [{ neither: 1 }] }, asked };
  await assert.rejects(call('requestTask', noPart), { code: 'INVALID_PARAMS' });
  assert.deepEqual(asked, []);
});

test('who follows a negotiation gets each state, the last with its result', async () => {
  const states = await follow('n1');
  assert.deepEqual(
    states.map(({ phase }) => phase),
    ['running', 'completed'],
  );
  assert.deepEqual(states[1]?.['result'], [
    { text: '4' },
    { raw: Buffer.from('bytes').toString('base64'), filename: 'a.bin' },
  ]);
});

test('a negotiation that is not there is NOT_FOUND, also for who would follow it', async () => {
  await assert.rejects(call('getNegotiation', { id: 'n0' }), { code: 'NOT_FOUND' });
  await assert.rejects(follow('n0'), { code: 'NOT_FOUND' });
});

test('a node without a market says how it gets one', async () => {
  const refused = await createMarketControl()
    .list({ limit: 1 })
    .catch((thrown: unknown) => thrown);
  assert.ok(hasCode(refused, 'CONFIG_INVALID'));
  assert.match(refused.message, /market\.enabled/);
});

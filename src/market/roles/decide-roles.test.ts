import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketRoles } from '../../agents/index.ts';
import { createRegistry } from '../../registry/index.ts';
import { createManualClock } from '../../testing/index.ts';
import { defaultTimes } from '../decide/requester-context.ts';
import { alwaysThere, award, describe, inLog, request, response, taskId } from '../market.fixture.ts';
import { noReputation } from '../policies/reputation.ts';
import type { MarketMessage } from '../wire/records.ts';
import { createDecideRoles, type DecideRolesOptions } from './decide-roles.ts';
import { announce } from './market.fixture.ts';
import { grow, loadNegotiation, type NegotiationEvent, type NegotiationState } from './negotiation-journal.ts';
import { RoleBook } from './role-book.ts';

const empty = await loadNegotiation({ read: async () => [] }, taskId);
const plan: NegotiationEvent = { type: 'plan', plan: { budget: null, policy: null, digest: '', party: 'operator' } };

const stateOf = (messages: readonly MarketMessage[], ...more: readonly NegotiationEvent[]): NegotiationState =>
  grow(empty, [...inLog(messages).map((record): NegotiationEvent => ({ type: 'record', record })), ...more]);

interface Given extends Partial<DecideRolesOptions> {
  readonly roles?: Readonly<Record<string, MarketRoles>>;
  /** Whose breaker is open. */
  readonly broken?: string;
}

/** What the roles say and do, by who does it. */
function decide(
  agents: Readonly<Record<string, MarketRoles>>,
  state: NegotiationState,
  given: Given = {},
): readonly string[] {
  const registry = createRegistry();
  for (const [id, roles] of Object.entries(agents)) announce(registry, id, roles);
  const clock = createManualClock();
  const refusal = (agentId: string): { readonly retryAfterMs: number } | undefined =>
    agentId === given.broken ? { retryAfterMs: 1 } : undefined;
  const book = new RoleBook({
    ...{
      registry,
      breakers: { refusal } as never,
      roles: given.roles ?? {},
      ownAgentId: 'market',
      goneMs: 5_000,
      clock,
    },
  });
  const decideAll = createDecideRoles({
    ...{ book, times: defaultTimes, policy: 'lowest-price', isFull: () => false, workingFence: () => null, ...given },
    log: () => alwaysThere,
    otherProviders: () => [],
    historyOf: () => ({ reputation: noReputation, lastAwardedAtMs: null }),
  });
  const { sends, actions } = decideAll(state, 2_000);
  const said = sends.map((send) => `${send.recordId.split('/')[1]}: ${describe({ actions: [send], wakeAtMs: null })}`);
  return [...said, ...actions.map(({ agentId, action }) => `${agentId}: ${action.kind} ${action.fence}`)];
}

const bidder: MarketRoles = { provider: { price: 40 } };
const pool: MarketRoles = { executor: {} };
const alone: MarketRoles = { provider: { price: 40 }, executor: { own: true } };
const bid = response('p', 'NEGOTIATING', { counterOffer: 40, providerId: 'p' });
const accepted = [request(), bid, award(1, 'p', { price: 40 }), response('p', 'ACCEPTED', { award: 1 })];
const running = [...accepted, response('e', 'RUNNING', { award: 1 })];

type Row = readonly [
  what: string,
  agents: Readonly<Record<string, MarketRoles>>,
  state: NegotiationState,
  given: Given,
  does: readonly string[],
];

const rows: readonly Row[] = [
  ['agents without the role', { e: pool }, stateOf([request()]), {}, []],
  [
    'every provider',
    { p: bidder, q: bidder, e: pool },
    stateOf([request()]),
    {},
    ['p: NEGOTIATING 40', 'q: NEGOTIATING 40'],
  ],
  [
    'a provider whose breaker is open',
    { p: bidder, q: bidder },
    stateOf([request()]),
    { broken: 'p' },
    ['q: NEGOTIATING 40'],
  ],
  ['providers while executors take no more', { p: bidder }, stateOf([request()]), { isFull: () => true }, []],
  [
    'an agent that the settings made a provider',
    { p: {} },
    stateOf([request()]),
    { roles: { p: bidder } },
    ['p: NEGOTIATING 40'],
  ],
  ['the requester of its own request', { p: bidder }, stateOf([request(), bid], plan), {}, ['req: award #1 p 40']],
  ['a requester of somebody else', { p: bidder }, stateOf([request(), bid]), {}, []],
  [
    'a requester that was told to stop',
    { p: bidder },
    stateOf([request(), bid], plan, { type: 'withdrawal', reason: null }),
    {},
    ['req: withdraw #1 CANCELED'],
  ],
  ['all of the pool', { e: pool, f: pool, p: bidder }, stateOf(accepted), {}, ['e: execute 1', 'f: execute 1']],
  ['executors of their own awards', { e: { executor: { own: true } } }, stateOf(accepted), {}, []],
  [
    'who bids and executes, and nobody of the pool',
    { p: alone, e: pool },
    stateOf([
      request(),
      award(1, 'p', { executorId: 'p' }),
      bid,
      response('p', 'ACCEPTED', { award: 1, executes: true }),
    ]),
    {},
    ['p: execute 1'],
  ],
  ['nobody, while somebody works', { e: pool, f: pool }, stateOf(running), {}, []],
  [
    'who works on what was taken back',
    { e: pool },
    stateOf([...running, award(2, 'p', { withdrawn: true })]),
    { workingFence: () => 1 },
    ['e: stop 1'],
  ],
];

for (const [what, agents, state, given, does] of rows) {
  test(`of ${what}: ${does.length === 0 ? 'nothing' : does.join(', ')}`, () => {
    assert.deepEqual(decide(agents, state, given), does);
  });
}

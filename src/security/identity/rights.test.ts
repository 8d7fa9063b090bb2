import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallChain } from '../call-chain.ts';
import { anonymous, operator, type Principal, workerPrincipal } from '../principal.ts';
import { allRights, grantRights, type Right, type RightsRule } from './right.ts';
import { mayReach, requireRight, requireSkill } from './rights.ts';

const user = (rights: readonly Right[], roles: readonly string[] = []): Principal => ({
  kind: 'user',
  id: 'key:ada',
  roles,
  rights,
});
const denied = { code: 'PERMISSION_DENIED' };
const chain: CallChain = {
  origin: 'key:ada',
  roles: ['finance'],
  path: ['planner'],
  invocationId: '1',
  deadlineAtMs: undefined,
  correlationId: 'c',
};

test('a right allows its operations on its agents, and nothing else', () => {
  const reader = user([{ agents: ['analyst'], skills: ['*'], operations: ['read', 'cancel'] }]);
  requireRight(reader, { agentId: 'analyst', operation: 'read' });
  requireRight(reader, { agentId: 'analyst', operation: 'cancel' });
  assert.throws(() => requireRight(reader, { agentId: 'analyst', operation: 'call' }), denied);
  assert.throws(() => requireRight(reader, { agentId: 'writer', operation: 'read' }), denied);
  assert.deepEqual([mayReach(reader, 'analyst'), mayReach(reader, 'writer')], [true, false]);
});

test('a right on some skills lets one call those', () => {
  const caller = user([{ agents: ['*'], skills: ['sum'], operations: ['call'] }]);
  const call = (id: string): void => requireSkill(caller, { agentId: 'analyst', skill: { id }, chain: undefined });
  requireRight(caller, { agentId: 'analyst', operation: 'call' });
  call('sum');
  assert.throws(() => call('drop'), denied);
});

test('who has no rights may do nothing, operators and workers may call', () => {
  for (const operation of ['call', 'read', 'cancel'] as const) {
    assert.throws(() => requireRight(user([]), { agentId: 'a', operation }), denied);
    for (const caller of [operator, workerPrincipal('b', 'b-1'), anonymous])
      requireRight(caller, { agentId: 'a', operation });
  }
});

test('a skill with a role is for callers that have it, and for operators', () => {
  const skill = { id: 'pay', roleRequired: 'finance' };
  const call = (caller: Principal, given: CallChain | undefined = undefined): void =>
    requireSkill(caller, { agentId: 'bank', skill, chain: given });
  call(operator);
  call(user(allRights, ['finance']));
  for (const caller of [anonymous, user(allRights), user(allRights, ['Finance']), workerPrincipal('b', 'b-1')]) {
    assert.throws(() => call(caller), denied);
  }
});

test('an agent calls such a skill with the roles of who began the chain, as its token proves', () => {
  const demand = { agentId: 'bank', skill: { id: 'pay', roleRequired: 'finance' } };
  requireSkill(workerPrincipal('planner', 'p-1'), { ...demand, chain });
  const { roles: _roles, ...withoutRoles } = chain;
  assert.throws(() => requireSkill(workerPrincipal('planner', 'p-1'), { ...demand, chain: withoutRoles }), denied);
  assert.throws(() => requireSkill(user(allRights), { ...demand, chain }), denied);
});

test('without rules everybody may call everything; with rules, what those of their roles allow', () => {
  const rule = (roles: readonly string[], agent: string): RightsRule => ({
    roles,
    agents: [agent],
    skills: ['*'],
    operations: ['call'],
  });
  assert.equal(grantRights([], []), allRights);
  const rules = [rule(['*'], 'public'), rule(['finance', 'audit'], 'bank')];
  const agentsOf = (roles: readonly string[]): readonly string[] =>
    grantRights(rules, roles).flatMap(({ agents }) => agents);
  assert.deepEqual([agentsOf([]), agentsOf(['audit'])], [['public'], ['public', 'bank']]);
});

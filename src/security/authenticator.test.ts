import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuthenticatorOptions, createAuthenticator } from './authenticator.ts';
import type { CallChain } from './call-chain.ts';
import { createCallTokens } from './call-tokens.ts';
import { createChainsInFlight } from './chains-in-flight.ts';
import { anonymous, operator, workerPrincipal } from './principal.ts';
import { createWorkerCredentials } from './worker-credentials.ts';

const workerCredentials = createWorkerCredentials('key');
const callTokens = createCallTokens('key');
const chains = createChainsInFlight();
const options: AuthenticatorOptions = {
  operatorTokens: ['first', 'second', ''],
  workerCredentials,
  callTokens,
  chains,
};
const chain: CallChain = {
  origin: 'anonymous',
  path: ['writer', 'analyst'],
  invocationId: 'call-1',
  deadlineAtMs: undefined,
  correlationId: 'corr-1',
};

test('no credential is anonymous, each operator token is the operator, a worker is its deployment', async () => {
  const { authenticate } = createAuthenticator(options);
  assert.equal(await authenticate(undefined), anonymous);
  assert.equal(await authenticate('Bearer first'), operator);
  assert.equal(await authenticate('bearer second'), operator);
  const credential = workerCredentials.issue({ agentId: 'writer', deploymentId: 'writer-1' });
  assert.deepEqual(await authenticate(`Bearer ${credential}`), workerPrincipal('writer', 'writer-1'));
});

test('a wrong credential is an error and never anonymous', async () => {
  const foreign = createWorkerCredentials('other').issue({ agentId: 'writer', deploymentId: 'writer-1' });
  for (const insecureOperator of [false, true]) {
    const { authenticate } = createAuthenticator({ ...options, insecureOperator });
    for (const wrong of ['', 'Bearer', 'Bearer ', 'Bearer third', 'Basic Zmlyc3Q=', 'first', `Bearer ${foreign}`]) {
      await assert.rejects(authenticate(wrong), { code: 'UNAUTHENTICATED' }, wrong);
    }
  }
});

test('only an insecure operator is taken without a credential', async () => {
  assert.equal(await createAuthenticator({ ...options, insecureOperator: true }).authenticate(undefined), operator);
});

test('a call token counts with the credential of the agent that holds it, and with no other', () => {
  const { verifyChain } = createAuthenticator(options);
  const token = callTokens.sign(chain);
  assert.deepEqual(verifyChain(token, workerPrincipal('analyst', 'analyst-2')), chain);
  assert.equal(verifyChain(undefined, workerPrincipal('analyst', 'analyst-2')), undefined);
  for (const other of [workerPrincipal('writer', 'writer-1'), anonymous, operator]) {
    assert.throws(() => verifyChain(token, other), { code: 'UNAUTHENTICATED' });
  }
});

test('a call token passes roles on while its call is under way, and no longer', () => {
  const { verifyChain } = createAuthenticator(options);
  const ofFinance = { ...chain, roles: ['finance'] };
  const token = callTokens.sign(ofFinance);
  const holder = workerPrincipal('analyst', 'analyst-2');
  assert.deepEqual(verifyChain(token, holder), chain);
  const end = chains.add('analyst-2', ofFinance);
  const endOfOther = chains.add('analyst-2', { ...ofFinance, invocationId: 'call-2' });
  assert.deepEqual(verifyChain(token, holder), ofFinance);
  assert.deepEqual(verifyChain(token, workerPrincipal('analyst', 'analyst-1')), ofFinance);
  end();
  assert.deepEqual(verifyChain(token, holder), chain);
  endOfOther();
});

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createCallerTokens } from './caller-tokens.ts';
import { anonymous, operator, workerPrincipal } from './principal.ts';
import { createWorkerCredentials } from './worker-credentials.ts';

const credentials = createWorkerCredentials('a key of the fabric, for tests only');
const deployment = { agentId: 'shop', deploymentId: 'shop-1' };

/** As a package would: with nothing but its own credential. */
function readClaims(token: string, key: string): unknown {
  const [head, claims, mac] = token.split('.');
  assert.equal(createHmac('sha256', key).update(`${head}.${claims}`).digest('base64url'), mac);
  assert.deepEqual(JSON.parse(Buffer.from(head ?? '', 'base64url').toString()), { alg: 'HS256', typ: 'JWT' });
  return JSON.parse(Buffer.from(claims ?? '', 'base64url').toString());
}

test('a deployment can check with its own credential who calls, and no other deployment can', () => {
  const tokens = createCallerTokens(credentials);
  const token = tokens.issue(workerPrincipal('analyst', 'analyst-1'), deployment, 1_700_000_000_500);
  assert.deepEqual(readClaims(token, credentials.issue(deployment)), {
    iss: 'parley',
    aud: 'shop-1',
    sub: 'agent:analyst',
    kind: 'worker',
    iat: 1_700_000_000,
    exp: 1_700_000_060,
  });
  assert.throws(() => readClaims(token, credentials.issue({ agentId: 'shop', deploymentId: 'shop-2' })));
});

test('a token is used again while it is fresh, for the same caller only', () => {
  const tokens = createCallerTokens(credentials);
  const first = tokens.issue(operator, deployment, 1_000_000);
  assert.equal(tokens.issue(operator, deployment, 1_014_999), first);
  assert.notEqual(tokens.issue(anonymous, deployment, 1_014_999), first);
  assert.notEqual(tokens.issue(operator, { ...deployment, deploymentId: 'shop-2' }, 1_014_999), first);
  assert.notEqual(tokens.issue(operator, deployment, 1_015_000), first);
  assert.equal((readClaims(first, credentials.issue(deployment)) as { exp: number }).exp, 1_060);
});

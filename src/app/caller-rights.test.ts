import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { InvocationCaller } from '../agents/index.ts';
import { silentLogger, systemClock } from '../base/index.ts';
import { createApiKeys, grantRights, operations, type Right } from '../security/index.ts';
import type { Store } from '../store/index.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import { createApiKeyRecords } from './api-key-records.ts';
import { createCallerRights } from './caller-rights.ts';
import { resolveConfig } from './config.ts';
import { storeSchema } from './store-schema.ts';

const config = resolveConfig({ flags: { dataFolder: '/nowhere' }, environment: {} });
const right: Right = { agents: ['analyst'], skills: ['*'], operations };
const identity = { ...config.identity, rights: [{ ...right, roles: ['dev'] }] };

async function openStore(t: TestContext): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-rights-'));
  const store = await openSqliteStore({
    file: join(folder, 'store'),
    schema: storeSchema(config),
    logger: silentLogger,
  });
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return store;
}

function caller(id: string, rest: Partial<InvocationCaller> = {}): InvocationCaller {
  return { id, roles: [], path: [], ...rest };
}

test('callers without an identity, operators and agents may call every agent', async (t) => {
  const rightsOf = createCallerRights(identity, await openStore(t));
  const everything = [grantRights([], [])];
  const free = [caller('anonymous'), caller('operator'), caller('key:x', { roles: ['operator'] })];
  for (const one of [...free, caller('key:x', { path: ['concierge'] })]) {
    assert.deepEqual(await rightsOf(one), everything, one.id);
  }
});

test('the roles of tokens and certificates give what the rules say', async (t) => {
  const rightsOf = createCallerRights(identity, await openStore(t));
  for (const id of ['jwt:anna', 'cert:anna']) {
    const [given = []] = await rightsOf(caller(id, { roles: ['dev'] }));
    assert.deepEqual(
      given.map(({ agents }) => agents),
      [['analyst']],
    );
    assert.deepEqual(await rightsOf(caller(id)), [[]]);
  }
});

test('a key has what it was given, each key of a caller by itself; without a valid one there is nothing', async (t) => {
  const store = await openStore(t);
  const keys = createApiKeys({ records: createApiKeyRecords(store), clock: systemClock });
  const rightsOf = createCallerRights(identity, store);
  assert.deepEqual(await rightsOf(caller('key:ci')), []);
  await keys.create({ subject: 'ci', roles: [], rights: [{ ...right, agents: ['echo'] }] });
  await keys.create({ subject: 'ci', roles: ['dev'] });
  await keys.create({ subject: 'ci', roles: [], rights: [], expiresAtMs: 1 });
  await keys.create({ subject: 'other', roles: [], rights: [] });
  const agents = (await rightsOf(caller('key:ci'))).map((rights) => rights.flatMap((one) => one.agents));
  assert.deepEqual(agents.toSorted(), [['analyst'], ['echo']]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../testing/index.ts';
import { type ApiKeyRecords, createApiKeys } from './api-keys.ts';

function createRecords(): ApiKeyRecords & { readonly texts: Map<string, string>; reads: number } {
  const texts = new Map<string, string>();
  const records = {
    texts,
    reads: 0,
    async get(id: string) {
      records.reads++;
      return texts.get(id);
    },
    put: async (id: string, record: string) => void texts.set(id, record),
    remove: async (id: string) => void texts.delete(id),
    list: async () => [...texts.values()],
  };
  return records;
}

test('a key shows its bearer with all that it was created with, and is itself kept nowhere', async () => {
  const records = createRecords();
  const keys = createApiKeys({ records, clock: createManualClock() });
  const rights = [{ agents: ['analyst'], skills: ['*'], operations: ['call'] as const }];
  const { key, id } = await keys.create({ subject: 'ci', roles: ['build'], rights });
  const found = await keys.verify(key);
  assert.deepEqual([found?.id, found?.subject, found?.roles, found?.rights], [id, 'ci', ['build'], rights]);
  const secret = key.split('.')[2] ?? '';
  assert.equal(secret.length, 43);
  assert.ok(![...records.texts.values()].join().includes(secret));
  for (const shown of [found, ...(await keys.list())]) assert.ok(!JSON.stringify(shown).includes('hash'));
});

test('a key that is altered, another’s, cut or made up is nobody’s', async () => {
  const keys = createApiKeys({ records: createRecords(), clock: createManualClock() });
  const { key, id } = await keys.create({ subject: 'ci', roles: [] });
  const other = await keys.create({ subject: 'other', roles: [] });
  const last = key.endsWith('A') ? 'Q' : 'A';
  for (const wrong of [
    `${key.slice(0, -1)}${last}`,
    `${key}A`,
    key.slice(0, -1),
    `pk1.${id}.`,
    `pk1.${id}.${other.key.split('.')[2]}`,
    `pk1.AAAAAAAAAAAA.${key.split('.')[2]}`,
    'pk1',
    '',
  ]) {
    assert.equal(await keys.verify(wrong), undefined, wrong);
  }
});

test('a key ends at its time, and at once where it is revoked', async () => {
  const clock = createManualClock();
  const keys = createApiKeys({ records: createRecords(), clock });
  const short = await keys.create({ subject: 'a', roles: [], expiresAtMs: clock.now() + 1_000 });
  const long = await keys.create({ subject: 'b', roles: [] });
  assert.ok((await keys.verify(short.key)) && (await keys.verify(long.key)));
  await clock.advance(1_000);
  assert.equal(await keys.verify(short.key), undefined);
  await keys.revoke(long.id);
  assert.equal(await keys.verify(long.key), undefined);
  await assert.rejects(keys.revoke(long.id), { code: 'NOT_FOUND' });
  assert.deepEqual(
    (await keys.list()).map(({ subject }) => subject),
    ['a'],
  );
});

test('a key is read once in a while only, so one that another node revoked stops within five seconds', async () => {
  const clock = createManualClock();
  const records = createRecords();
  const keys = createApiKeys({ records, clock });
  const { key, id } = await keys.create({ subject: 'a', roles: [] });
  for (let call = 0; call < 10; call++) await keys.verify(key);
  assert.equal(records.reads, 1);
  records.texts.delete(id);
  await clock.advance(5_000);
  assert.equal(await keys.verify(key), undefined);
});

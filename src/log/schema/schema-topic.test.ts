import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Log } from '../port.ts';
import { openSqliteLog } from '../sqlite/open-sqlite-log.ts';
import { createEmbeddedRegistry } from './embedded-registry.ts';
import { createMemoryStorage } from './memory-storage.fixture.ts';
import { copySchemasToTopic, restoreSchemasFromTopic, schemaTopic } from './schema-topic.ts';

const first = JSON.stringify({ type: 'record', name: 'Job', fields: [] });
const second = first.replace('[]', '[{"name":"a","type":"int","default":1}]');

async function openLog(t: TestContext): Promise<Log> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-schemas-'));
  const log = await openSqliteLog({ file: join(folder, 'log.sqlite') });
  t.after(async () => {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return log;
}

test('a registry on an empty store has from the topic what the one before had: ids, versions, levels, and what is gone', async (t) => {
  const log = await openLog(t);
  const storage = createMemoryStorage();
  const registry = createEmbeddedRegistry(storage);
  await registry.register('other', first.replace('Job', 'Other'));
  await registry.register('jobs', first);
  await copySchemasToTopic(storage, log);
  const id = await registry.register('jobs', second);
  await registry.setCompatibility('FORWARD', 'jobs');
  await registry.setCompatibility('FULL', 'jobs');
  await copySchemasToTopic(storage, log);

  const empty = createMemoryStorage();
  await restoreSchemasFromTopic(empty, log);
  const restored = createEmbeddedRegistry(empty);
  assert.deepEqual(await restored.listSubjects(), ['other', 'jobs']);
  assert.deepEqual(await restored.getVersion('jobs', 'latest'), { subject: 'jobs', version: 2, id, schema: second });
  assert.equal(await restored.getCompatibility('jobs'), 'FULL');
  const next = await restored.register('jobs', second.replace('1}]', '1},{"name":"b","type":"int","default":2}]'));
  assert.equal(next, id + 1);
});

test('what the topic has already is not published again, and what fell behind is', async (t) => {
  const log = await openLog(t);
  const storage = createMemoryStorage();
  const registry = createEmbeddedRegistry(storage);
  await registry.register('jobs', first);
  await copySchemasToTopic(storage, log);
  const end = async (): Promise<number> => (await log.read({ topic: schemaTopic, partition: 0, limit: 1 })).endOffset;
  const before = await end();
  await copySchemasToTopic(storage, log);
  assert.equal(await end(), before);
  await registry.register('jobs', second);
  await copySchemasToTopic(storage, log);
  assert.equal(await end(), before + 1);
});

test('a topic that is another registry’s is neither written to nor believed', async (t) => {
  const log = await openLog(t);
  await log.createTopic({ name: schemaTopic, partitions: 1 });
  await log.publish(schemaTopic, [{ key: '{"keytype":"NOOP","magic":0}', value: null }]);
  const storage = createMemoryStorage();
  await createEmbeddedRegistry(storage).register('jobs', first);
  await assert.rejects(copySchemasToTopic(storage, log), { code: 'CONFLICT' });
  await assert.rejects(restoreSchemasFromTopic(createMemoryStorage(), log), { code: 'CONFLICT' });
});

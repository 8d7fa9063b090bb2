import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
const schema = JSON.stringify({ type: 'record', name: 'Job', fields: [] });

async function register({ url, token }: TestNode, subject: string): Promise<number> {
  const response = await fetch(`${url}/schema-registry/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${token}` },
    body: JSON.stringify({ schema: schema.replace('Job', subject) }),
  });
  assert.equal(response.status, 200);
  return ((await response.json()) as { id: number }).id;
}

test('a node whose store is gone takes its schemas back from the log, under their ids', async (t) => {
  const dataFolder = await createTestFolder();
  t.after(() => removeFolder(dataFolder));
  const first = await startTestNode({ dataFolder });
  const ids = [await register(first, 'Jobs'), await register(first, 'Offers')];
  await waitUntil('both are in the topic', async () => {
    const page = await first.client.log.read({ topic: '_schemas', limit: 100 }).catch(() => undefined);
    return page?.records.filter(({ key = '' }) => /Jobs|Offers/.test(key)).length === 2;
  });
  await first.close();
  for (const end of ['', '-wal', '-shm']) await rm(join(dataFolder, `store.sqlite${end}`), { force: true });

  const second = await startTestNode({ dataFolder });
  t.after(() => second.close());
  assert.deepEqual([await register(second, 'Jobs'), await register(second, 'Offers')], ids);
  assert.ok((await register(second, 'Awards')) > Math.max(...ids));
});

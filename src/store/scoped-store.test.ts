import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createScopedStore } from './scoped-store.ts';
import { openSqliteStore } from './sqlite/index.ts';

test('two owners write under the same key, and each finds its own', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-scoped-'));
  const schema = { collections: { things: { indexes: ['all'] } } };
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const query = { collection: 'things', index: 'all', equals: 'all', order: 'ascending', limit: 10 } as const;
  for (const owner of ['a', 'b']) {
    await createScopedStore(store, owner).commit({
      key: 'same',
      append: { kind: 'thing', expectedVersion: 0, events: [JSON.stringify(owner)] },
      documents: [{ collection: 'things', value: owner, indexes: { all: { equals: 'all', sort: owner } } }],
    });
  }
  for (const owner of ['a', 'b']) {
    const own = createScopedStore(store, owner);
    assert.deepEqual(await own.get('things', 'same'), { key: 'same', value: owner });
    assert.deepEqual((await own.find(query)).documents, [{ key: 'same', value: owner }]);
    assert.deepEqual(
      (await own.read('thing', 'same')).map(({ event }) => JSON.parse(event)),
      [owner],
    );
  }
  assert.deepEqual((await store.find(query)).documents, []);
});

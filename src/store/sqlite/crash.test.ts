import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { createId } from '../../base/index.ts';
import type { Store } from '../port.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const schema = { collections: { heads: { indexes: ['all'] } } };

/** Each commit appends three events and puts a document that says how many there are, so that half a commit shows. */
function grow(store: Store, key: string, version: number): Promise<void> {
  const events = [1, 2, 3].map((step) => JSON.stringify({ n: version + step, padding: 'x'.repeat(version % 5_000) }));
  const head = { collection: 'heads', value: String(version + 3), indexes: { all: { equals: '', sort: key } } };
  return store.commit({ key, append: { kind: 'task', expectedVersion: version, events }, documents: [head] });
}

/** The child: 20 journals grow side by side; what is acknowledged is printed. */
async function commitUntilKilled(file: string): Promise<void> {
  const store = await openSqliteStore({ file, schema });
  const growOne = async (): Promise<never> => {
    const key = createId();
    for (let version = 0; ; version += 3) {
      await grow(store, key, version);
      writeSync(1, `${key} ${version + 3}\n`);
    }
  };
  await Promise.all(Array.from({ length: 20 }, growOne));
}

/** What the child acknowledged before it was killed in the middle of its commits. */
async function runAndKill(file: string, afterLines: number): Promise<ReadonlyMap<string, number>> {
  const child = spawn(process.execPath, [import.meta.filename, 'commit', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged = new Map<string, number>();
  let lines = 0;
  for await (const line of createInterface(child.stdout)) {
    const [key = '', version] = line.split(' ');
    acknowledged.set(key, Number(version));
    if (++lines === afterLines) child.kill('SIGKILL');
  }
  if (child.signalCode === null) await once(child, 'exit');
  return acknowledged;
}

async function checkJournal(store: Store, key: string, acknowledged: number): Promise<void> {
  const events = await store.read('task', key, 0, 100_000);
  const numbers = events.map(({ event }) => (JSON.parse(event) as { n: number }).n);
  assert.deepEqual(
    numbers,
    Array.from({ length: events.length }, (_, index) => index + 1),
    `journal of ${key}`,
  );
  assert.ok(events.length >= acknowledged, `${key}: ${acknowledged} acknowledged, ${events.length} found`);
  assert.equal((await store.get('heads', key))?.value, String(events.length), `head of ${key}`);
}

function registerTests(): void {
  test('kill -9 in the middle of commits loses nothing acknowledged and leaves no half commit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-crash-'));
    const file = join(folder, 'store.sqlite');
    const acknowledged = new Map<string, number>();
    for (const afterLines of [1, 50, 500, 2_000]) {
      for (const [key, version] of await runAndKill(file, afterLines)) acknowledged.set(key, version);
      const store = await openSqliteStore({ file, schema });
      const { documents } = await store.find({
        collection: 'heads',
        index: 'all',
        equals: '',
        order: 'ascending',
        limit: 1_000,
      });
      assert.ok(documents.length >= acknowledged.size);
      for (const { key } of documents) await checkJournal(store, key, acknowledged.get(key) ?? 0);
      const total = documents.reduce((sum, { value }) => sum + Number(value), 0);
      const { events, documents: count } = await store.check();
      assert.deepEqual([events, count], [total, documents.length]);
      await store.close();
    }
    await rm(folder, { recursive: true });
  });
}

const [, , role, file = ''] = process.argv;
if (role === 'commit') await commitUntilKilled(file);
else registerTests();

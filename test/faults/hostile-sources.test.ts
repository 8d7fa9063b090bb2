import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ParleyError } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import { createHostilePackages } from '../fixtures/hostile.ts';
import { servePackages } from '../support/package-server.ts';
import { createAfter, createFolder, startNode, until } from './runtime-fixture.ts';

const hostile = createHostilePackages();

async function refusalOf(attempt: Promise<unknown>): Promise<ParleyError> {
  return attempt.then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => ParleyError.from(thrown),
  );
}

test('a hostile package is refused with its reason wherever it comes from, and nothing of it is unpacked', async (t) => {
  const after = createAfter(t);
  const outer = await createFolder(after);
  const folder = join(outer, 'node', 'data');
  const fetcher = createHttpClient({ allow: { kind: 'public', except: ['127.0.0.1'] } });
  after(() => fetcher.close());
  const server = await servePackages((request, response) => {
    response.end(hostile.find(({ name }) => request.url === `/${name}-1.0.0.apkg`)?.bytes);
  });
  after(() => server.close());
  const node = await startNode(folder, { fetcher });
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  const path = join(outer, 'hostile.apkg');
  const before = await listFiles(outer);
  assert.ok(hostile.length > 30);
  for (const { name, code, reason, bytes } of hostile) {
    const expected = (error: ParleyError): void => {
      assert.equal(error.code, code, `${name}: ${error.message}`);
      if (code === 'PACKAGE_INVALID') assert.equal(error.details['reason'], reason, name);
      else assert.match(error.message, new RegExp(reason, 's'), name);
    };
    await writeFile(path, bytes);
    const byFile = node.runtime.deploy({ source: { kind: 'file', path } });
    const late = name === 'bomb-that-lies' || name === 'wrong-checksum';
    if (late) await assertFailed(node, (await byFile).id, reason);
    else expected(await refusalOf(byFile));
    if (!late) expected(await refusalOf(node.packages.upload(ReadableStream.from([bytes]))));
    const url = `${server.origin}/${name}-1.0.0.apkg`;
    const { id } = await node.runtime.deploy({ source: { kind: 'url', url }, agentId: `far-${name}` });
    await assertFailed(node, id, reason);
  }
  const left = (await listFiles(outer)).filter(
    (file) => !before.includes(file) && !file.startsWith('node/data/cache/'),
  );
  assert.deepEqual(left, ['hostile.apkg']);
  assert.deepEqual(
    (await readdir(dirname(outer))).filter((file) => file.includes('evil')),
    [],
  );
});

async function assertFailed(
  { runtime }: Awaited<ReturnType<typeof startNode>>,
  id: string,
  what: string,
): Promise<void> {
  const { details } = await until(runtime, id, ({ status }) => status === 'failed' || status === 'healthy');
  assert.ok(details.error, what);
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => !entry.isDirectory() && !entry.name.startsWith('store.json'));
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

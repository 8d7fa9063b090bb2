import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runDoctor } from './run-doctor.ts';

function createFolder(t: TestContext, settings: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify({ port: 0, ...settings }));
  return folder;
}

async function examine(dataFolder: string): Promise<(check: string) => string> {
  const findings = await runDoctor({ flags: { dataFolder }, environment: process.env });
  return (check) => {
    const found = findings.find((finding) => finding.check === check);
    return `${found?.level}: ${found?.finding} ${found?.advice ?? ''}`;
  };
}

test('where all is there nothing has failed, and nothing is left behind', async (t) => {
  const folder = createFolder(t);
  const about = await examine(folder);
  for (const check of ['node', 'port', 'data folder', 'guard']) assert.match(about(check), /^ok/, about(check));
  assert.deepEqual(readdirSync(folder), ['config.yaml']);
});

test('a port that is taken has failed, and so has a data folder that cannot be made', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const folder = createFolder(t, { port: (server.address() as AddressInfo).port });
  assert.match((await examine(folder))('port'), /^failed: .*in use by another program/);
  const about = await examine(join(folder, 'config.yaml', 'below a file')).catch(
    (thrown: Error) => () => thrown.message,
  );
  assert.match(about('data folder'), /not a directory|ENOTDIR|cannot be written/);
});

test('an interpreter that is missing is a warning that says what does not work', async (t) => {
  const about = await examine(createFolder(t, { workers: { python: 'no-such-python' } }));
  assert.match(about('python'), /^warning: no-such-python cannot be run: Python packages do not work\. Install/);
});

test('what is switched off is said', async (t) => {
  const about = await examine(createFolder(t, { workers: { uids: { mode: 'off' } } }));
  assert.match(about('users'), /^warning: Agents run as the user of the node/);
});

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hasCode } from '../base/index.ts';
import { loadOrCreateSecret, loadSecret } from './secret-file.ts';

async function secretPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-secret-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'data', 'operator.token');
}

test('a secret is made once, with 32 random bytes, and only its owner may read it', async (t) => {
  const file = await secretPath(t);
  const first = await loadOrCreateSecret(file);
  assert.equal(Buffer.from(first, 'base64url').length, 32);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(dirname(file))).mode & 0o777, 0o700);
  assert.equal(await loadOrCreateSecret(file), first);
});

test('of many that make the secret at once, all get the same one and no draft is left', async (t) => {
  const file = await secretPath(t);
  const secrets = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateSecret(file)));
  assert.equal(new Set(secrets).size, 1);
  assert.deepEqual(await readdir(dirname(file)), ['operator.token']);
});

test('a secret that others may read is refused with the command that repairs it', async (t) => {
  const file = await secretPath(t);
  await loadOrCreateSecret(file);
  await chmod(file, 0o644);
  await assert.rejects(loadOrCreateSecret(file), (thrown) => {
    return hasCode(thrown, 'CONFIG_INVALID') && /0644.*chmod 600/.test(thrown.message);
  });
});

test('an empty secret file is refused, a missing one is simply not there', async (t) => {
  const file = await secretPath(t);
  assert.equal(await loadSecret(file), undefined);
  await loadOrCreateSecret(file);
  await writeFile(file, '\n');
  await assert.rejects(loadSecret(file), { code: 'CONFIG_INVALID' });
});

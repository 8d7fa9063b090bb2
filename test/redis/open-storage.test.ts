import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from '../../scripts/services/free-port.ts';
import { resolveConfig } from '../../src/app/config.ts';
import { checkStore } from '../../src/app/doctor/check-store.ts';
import { openStorage } from '../../src/app/open-storage.ts';
import { hasCode, type Logger, silentLogger } from '../../src/base/index.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';

const folder = { storeFile: '/nowhere/store.sqlite', blobs: '/nowhere/blobs' };

test('a Redis that is not there is said in a sentence without the password, to the node and by the doctor', async () => {
  const [port] = await freePorts(1);
  const config = configOf(`redis://:secret@127.0.0.1:${port}`);
  const opening = openStorage({ config, folder, logger: silentLogger });
  await assert.rejects(opening, (thrown) => {
    assert.ok(hasCode(thrown, 'UNAVAILABLE'));
    assert.match(thrown.message, /^The node has no store\. Redis at redis:\/\/127\.0\.0\.1:\d+\/0 cannot be reached: /);
    assert.doesNotMatch(thrown.message, /secret/);
    return true;
  });
  const [finding] = await checkStore(config);
  assert.equal(finding?.level, 'failed');
  assert.doesNotMatch(JSON.stringify(finding), /secret/);
});

test(
  'what is unsafe about Redis is logged when a node starts, and found by the doctor',
  requires('redis'),
  async (t) => {
    const { url } = await startRedis(t, { settings: { 'maxmemory-policy': 'allkeys-lru' } });
    const config = configOf(url);
    const warnings: string[] = [];
    const logger: Logger = { ...silentLogger, warn: (message) => void warnings.push(message) };
    const storage = await openStorage({ config, folder, logger });
    assert.deepEqual(storage.status(), { kind: 'redis', state: 'ready' });
    await storage.close();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /maxmemory-policy allkeys-lru/);
    const findings = await checkStore(config);
    assert.deepEqual(
      findings.map(({ level }) => level),
      ['warning'],
    );
  },
);

test('without an address the state is in files of the data folder', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'parley-storage-'));
  t.after(() => rm(path, { recursive: true }));
  const files = { storeFile: join(path, 'store.sqlite'), blobs: join(path, 'blobs') };
  const storage = await openStorage({ config: configOf(undefined), folder: files, logger: silentLogger });
  assert.deepEqual(storage.status(), { kind: 'sqlite', state: 'ready' });
  await storage.close();
});

function configOf(url: string | undefined): ReturnType<typeof resolveConfig> {
  return resolveConfig({ flags: { dataFolder: '/nowhere' }, environment: { PARLEY_STORE_URL: url } });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShortId, hasCode } from '../../src/base/index.ts';
import { openRedis } from '../../src/drivers/redis/index.ts';
import { openRedisBlobs } from '../../src/store/redis/index.ts';
import { blobContract } from '../../src/testing/index.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { fileScope } from './store-opener.ts';

const needed = requires('redis');

if (needed.skip) {
  test('the blobs in Redis keep their contract', needed, () => {});
} else {
  const { url } = await startRedis(fileScope, { settings: { appendfsync: 'no' } });
  blobContract('redis blobs', async ({ clock }) => {
    const options = { url, clock, prefix: createShortId() };
    const opened = [await openRedisBlobs(options)];
    return {
      blobs: opened[0]?.blobs ?? assert.fail(),
      async reopen() {
        const again = await openRedisBlobs(options);
        opened.push(again);
        return again.blobs;
      },
      async destroy() {
        for (const { close } of opened) await close();
      },
    };
  });

  test('redis blobs: bytes that were changed behind our back are an error', async (t) => {
    const prefix = createShortId();
    const { blobs, close } = await openRedisBlobs({ url, prefix });
    const redis = await openRedis({ url });
    t.after(() => Promise.all([close(), redis.close()]));
    const sha256 = await blobs.put(Buffer.from('right'));
    await redis.command('set', `{${prefix}:b:${sha256.slice(0, 2)}}:${sha256}`, 'wrong');
    await assert.rejects(blobs.get(sha256), (thrown) => hasCode(thrown, 'STORE_DAMAGED'));
  });
}

import { test } from 'node:test';
import { storeContract } from '../../src/testing/index.ts';
import { startRedisCluster } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { fileScope, storeOpener } from './store-opener.ts';

const needed = requires('redis');

if (needed.skip) {
  test('the store in a cluster of Redis keeps its contract', needed, () => {});
} else {
  const { url } = await startRedisCluster(fileScope, { settings: { appendfsync: 'no' } });
  storeContract('redis cluster', storeOpener(url));
}

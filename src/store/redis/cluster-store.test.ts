import { test } from 'node:test';
import { startRedisCluster } from '../../../test/support/redis-server.ts';
import { requires } from '../../../test/support/requires.ts';
import { storeContract } from '../../testing/index.ts';
import { fileScope, storeOpener } from './store-opener.fixture.ts';

const needed = requires('redis');

if (needed.skip) {
  test('the store in a cluster of Redis keeps its contract', needed, () => {});
} else {
  const { url } = await startRedisCluster(fileScope, { settings: { appendfsync: 'no' } });
  storeContract('redis cluster', storeOpener(url));
}

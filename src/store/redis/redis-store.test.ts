import { test } from 'node:test';
import { startRedis } from '../../../test/support/redis-server.ts';
import { requires } from '../../../test/support/requires.ts';
import { storeContract } from '../../testing/index.ts';
import { fileScope, storeOpener } from './store-opener.fixture.ts';

const needed = requires('redis');

if (needed.skip) {
  test('the store in Redis keeps its contract', needed, () => {});
} else {
  const { url } = await startRedis(fileScope, { settings: { appendfsync: 'no' } });
  storeContract('redis', storeOpener(url));
}

import { test } from 'node:test';
import { storeContract } from '../../src/testing/index.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { fileScope, storeOpener } from './store-opener.ts';

const needed = requires('redis');

if (needed.skip) {
  test('the store in Redis keeps its contract', needed, () => {});
} else {
  const { url } = await startRedis(fileScope, { settings: { appendfsync: 'no' } });
  storeContract('redis', storeOpener(url));
}

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { freePorts } from '../../scripts/services/free-port.ts';
import { hasCode, ParleyError } from '../../src/base/index.ts';
import {
  checkRedisSafety,
  createRedisScript,
  openRedis,
  type RedisClient,
  type RedisOptions,
} from '../../src/drivers/redis/index.ts';
import { createTestAuthority } from '../support/certificates.ts';
import { startRedis, startRedisCluster, startRedisSentinel } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';

const add = createRedisScript("return redis.call('incrby', KEYS[1], ARGV[1])");

test('commands, bytes and scripts of one turn run in the order of the calls', requires('redis'), async (t) => {
  const { url } = await startRedis(t);
  const redis = await open(t, { url });
  const calls = [
    redis.command('set', 'n', 1),
    redis.script({ script: add, keys: ['n'], args: [2] }),
    redis.script({ script: add, keys: ['n'], args: [3] }),
    redis.command('get', 'n'),
    redis.command('set', 'b', Buffer.from([0, 255])),
    redis.bytes('get', 'b'),
  ];
  assert.deepEqual(await Promise.all(calls), ['OK', 3, 6, '6', 'OK', Buffer.from([0, 255])]);
  await redis.close();
  await assert.rejects(redis.command('ping'), (thrown) => hasCode(thrown, 'STORE_CLOSED'));
});

test('a server that is not there is said in one sentence, without the password', requires('redis'), async () => {
  const [port] = await freePorts(1);
  const opening = openRedis({ url: `redis://:secret@127.0.0.1:${port}` });
  await assert.rejects(opening, (thrown) => {
    assert.ok(hasCode(thrown, 'UNREACHABLE'));
    assert.match(thrown.message, /^Redis at redis:\/\/127\.0\.0\.1:\d+\/0 cannot be reached: .*ECONNREFUSED/);
    assert.doesNotMatch(thrown.message, /secret/);
    return true;
  });
});

test('a wrong password is refused when it is opened', requires('redis'), async (t) => {
  const { port } = await startRedis(t, { settings: { requirepass: 'right' } });
  await assert.rejects(open(t, { url: `redis://:wrong@127.0.0.1:${port}` }), (thrown) =>
    hasCode(thrown, 'CONFIG_INVALID'),
  );
  const redis = await open(t, { url: `redis://:right@127.0.0.1:${port}` });
  assert.equal(await redis.command('ping'), 'PONG');
});

test(
  'a server by TLS is trusted by the authorities that Node is told of, and not without them',
  requires('redis'),
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-redis-tls-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const authority = createTestAuthority();
    const { cert, key } = authority.issue({ commonName: 'redis' });
    const files = { ca: authority.cert, cert, key };
    for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, `${name}.pem`), pem);
    const [tlsPort = 0] = await freePorts(1);
    const tls = { 'tls-port': String(tlsPort), 'tls-auth-clients': 'no' };
    const [certFile, keyFile, caFile] = ['cert', 'key', 'ca'].map((name) => join(folder, `${name}.pem`)) as [
      string,
      string,
      string,
    ];
    await startRedis(t, {
      settings: { ...tls, 'tls-cert-file': certFile, 'tls-key-file': keyFile, 'tls-ca-cert-file': caFile },
    });
    const url = `rediss://127.0.0.1:${tlsPort}`;
    await assert.rejects(open(t, { url }), (thrown) => {
      return hasCode(thrown, 'UNREACHABLE') && /certificate/.test(thrown.message);
    });
    // Node reads the variable once, when it starts.
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', pingProgram(url)], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
    });
    assert.equal(stdout, 'PONG');
  },
);

function pingProgram(url: string): string {
  const door = new URL('../../src/drivers/redis/index.ts', import.meta.url).href;
  return `
    import { openRedis } from ${JSON.stringify(door)};
    const redis = await openRedis({ url: ${JSON.stringify(url)} });
    process.stdout.write(await redis.command('ping'));
    await redis.close();`;
}

test(
  'after a kill calls fail with UNAVAILABLE in bounded time, and everything goes on by itself',
  requires('redis'),
  async (t) => {
    const server = await startRedis(t);
    const redis = await open(t, { url: server.url, connectTimeoutMs: 200, maxWaiting: 2 });
    const messages: string[] = [];
    let gaps = 0;
    await redis.subscribe('news', (message) => messages.push(message));
    redis.onGap(() => gaps++);
    await server.kill();
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => redis.command('incr', 'n')));
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected' && hasCode(outcome.reason, 'UNAVAILABLE'), String(outcome.status));
    }
    await server.restart();
    await waitUntil('commands go through', () =>
      redis.command('ping').then(
        () => true,
        () => false,
      ),
    );
    await waitUntil('the subscription is there again', () => gaps > 0);
    await redis.command('publish', 'news', 'hello');
    await waitUntil('the message came', () => messages.includes('hello'));
    assert.equal(redis.health().state, 'ready');
    await redis.close();
  },
);

test(
  'a server that freezes costs each call its timeout, and says that it may have been carried out',
  requires('redis'),
  async (t) => {
    const server = await startRedis(t);
    const redis = await open(t, { url: server.url, commandTimeoutMs: 100, connectTimeoutMs: 100 });
    server.freeze();
    await assert.rejects(redis.command('incr', 'n'), (thrown) => {
      assert.ok(thrown instanceof ParleyError && thrown.code === 'UNAVAILABLE');
      assert.equal(thrown.details['sent'], true);
      return true;
    });
    server.thaw();
    await waitUntil('commands go through', () =>
      redis.command('ping').then(
        () => true,
        () => false,
      ),
    );
    await redis.close();
  },
);

test('a command that waits ends with its signal, and the next one gets what comes', requires('redis'), async (t) => {
  const { url } = await startRedis(t);
  const redis = await open(t, { url });
  const blocking = redis.openBlocking();
  const stop = new AbortController();
  const waiting = blocking.run(stop.signal, 'brpop', 'queue', 0);
  stop.abort(new Error('called off'));
  await assert.rejects(waiting, /called off/);
  const next = blocking.run(new AbortController().signal, 'brpop', 'queue', 0);
  await redis.command('lpush', 'queue', 'job');
  assert.deepEqual(await next, ['queue', 'job']);
});

test('a full server refuses a script before its first write', requires('redis'), async (t) => {
  const { url } = await startRedis(t);
  const redis = await open(t, { url });
  await redis.command('set', 'k0', 'x');
  await redis.command('config', 'set', 'maxmemory', '1');
  await assert.rejects(redis.command('set', 'k1', 'x'), (thrown) => hasCode(thrown, 'STORE_FULL'));
  const remove = createRedisScript("redis.call('del', KEYS[1]); redis.call('set', KEYS[1], 'x')");
  await assert.rejects(redis.script({ script: remove, keys: ['k0'], args: [] }), (thrown) =>
    hasCode(thrown, 'STORE_FULL'),
  );
  assert.equal(await redis.command('exists', 'k0'), 1);
});

test('what is unsafe about a server is said, and nothing about a safe one', requires('redis'), async (t) => {
  const safe = await open(t, { url: (await startRedis(t)).url });
  assert.deepEqual(await checkRedisSafety(safe), []);
  const settings = { appendonly: 'no', 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb' };
  const unsafe = await open(t, { url: (await startRedis(t, { settings })).url });
  const warnings = (await checkRedisSafety(unsafe)).join('\n');
  assert.match(warnings, /evicts data when memory is full \(maxmemory-policy allkeys-lru\)/);
  assert.match(warnings, /appendonly no.*everything is lost/);
});

test('a cluster takes keys of all its servers, scripts and messages', requires('redis'), async (t) => {
  const { url, masters } = await startRedisCluster(t);
  const redis = await open(t, { url });
  const keys = Array.from({ length: 30 }, (_, index) => `{k${index}}`);
  const sums = await Promise.all(keys.map((key) => redis.script({ script: add, keys: [key], args: [7] })));
  assert.deepEqual(
    sums,
    keys.map(() => 7),
  );
  assert.equal((await redis.everywhere('dbsize')).length, masters.length);
  const messages: string[] = [];
  await redis.subscribe('news', (message) => messages.push(message));
  // Servers of a cluster that is new are not all connected yet: what one of them is told before then is lost to the others.
  await waitUntil('the message came', async () => {
    await redis.command('publish', 'news', 'hello');
    return messages.includes('hello');
  });
});

test('behind sentinels the new master is found when the old one dies', requires('redis'), async (t) => {
  const { url, master } = await startRedisSentinel(t);
  const redis = await open(t, { url });
  await redis.command('set', 'k', 'before');
  await redis.command('wait', 1, 5_000);
  await master.kill();
  const isWritten = (): Promise<boolean> =>
    redis.command('set', 'later', 'after').then(
      () => true,
      () => false,
    );
  await waitUntil('writing goes on', isWritten);
  assert.equal(await redis.command('get', 'k'), 'before');
});

async function open(t: TestContext, options: RedisOptions): Promise<RedisClient> {
  const redis = await openRedis(options);
  t.after(() => redis.close());
  return redis;
}

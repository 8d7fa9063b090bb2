import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import type { DeploymentView, DeployRequest, RuntimeOptions } from '../../src/runtime/index.ts';
import {
  type MadePackage,
  makePackage,
  type PackageServer,
  sendRange,
  servePackages,
} from '../support/package-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { createAfter, createFolder, startNode, type TestNode, until } from './runtime-fixture.ts';

interface World {
  readonly folder: string;
  readonly node: TestNode;
  readonly made: MadePackage;
  readonly server: PackageServer;
  /** The address of the package. */
  readonly url: string;
  deploy(request?: Partial<DeployRequest>): Promise<DeploymentView>;
  /** Deploys and resolves when it is healthy or has failed. */
  settle(request?: Partial<DeployRequest>): Promise<DeploymentView>;
}

/** Answers that are cut when so many bytes of the package have been received. */
type Cuts = Map<number, ServerResponse>;

function cutAt({ runtime }: TestNode, cuts: Cuts): void {
  runtime.watch(({ details }) => void cuts.get(details.progress?.receivedBytes ?? 0)?.destroy());
}

type Answer = (request: IncomingMessage, response: ServerResponse, made: MadePackage, count: number) => void;

interface WorldOptions {
  readonly packages?: RuntimeOptions['packages'];
  readonly allow?: readonly string[];
}

const whole: Answer = (request, response, { bytes, sha256 }) => sendRange(request, response, bytes, `"${sha256}"`);

async function createWorld(t: TestContext, answer: Answer, options: WorldOptions = {}): Promise<World> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const made = await makePackage(folder, { name: 'far', version: '1.2.3', files: { filler: randomBytes(300_000) } });
  const server = await servePackages((request, response, count) => answer(request, response, made, count));
  after(() => server.close());
  const fetcher = createHttpClient({ allow: { kind: 'public', except: options.allow ?? [server.origin] } });
  after(() => fetcher.close());
  const node = await startNode(folder, { fetcher, ...(options.packages && { packages: options.packages }) });
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  const url = `${server.origin}/packages/far-1.2.3.apkg`;
  const deploy = (request: Partial<DeployRequest> = {}): Promise<DeploymentView> => {
    return node.runtime.deploy({ source: { kind: 'url', url }, ...request });
  };
  const settle = async (request: Partial<DeployRequest> = {}): Promise<DeploymentView> => {
    const { id } = await deploy(request);
    return until(node.runtime, id, ({ status }) => status === 'healthy' || status === 'failed');
  };
  return { folder, node, made, server, url, deploy, settle };
}

test('a package at an address is accepted at once, fetched, installed and run', async (t) => {
  const { node, made, settle, deploy } = await createWorld(t, whole);
  const seen: string[] = [];
  node.runtime.watch(({ status }) => status !== seen.at(-1) && seen.push(status));
  const accepted = await deploy({ packageSha256: made.sha256 });
  assert.deepEqual([accepted.agentId, accepted.packageId], ['far', undefined]);
  const healthy = await until(node.runtime, accepted.id, ({ status }) => status === 'healthy');
  assert.deepEqual(seen, ['downloading', 'loading', 'starting', 'healthy']);
  assert.deepEqual([healthy.packageId, healthy.packageDigest], ['far@1.2.3', made.sha256]);
  const [listing] = node.registry.list();
  assert.deepEqual(
    listing?.record.skills.map(({ id }) => id),
    ['version'],
  );
  assert.equal((await settle({ agentId: 'other' })).agentId, 'other');
});

test('the progress of a download is told while it goes on', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { node, made, deploy } = await createWorld(t, (_, response, { bytes }) => {
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100_000));
    void promise.then(() => response.end(bytes.subarray(100_000)));
  });
  const { id } = await deploy();
  const half = await until(node.runtime, id, ({ details }) => details.progress?.receivedBytes === 100_000);
  assert.equal(half.status, 'downloading');
  assert.equal(half.details.progress?.totalBytes, made.bytes.length);
  resolve();
  const { details } = await until(node.runtime, id, ({ status }) => status === 'healthy');
  assert.deepEqual(details, {});
});

test('a download that is cut goes on where it was', async (t) => {
  const cuts: Cuts = new Map();
  const { node, server, made, settle } = await createWorld(t, (request, response, { bytes, sha256 }, count) => {
    if (count > 2) return sendRange(request, response, bytes, `"${sha256}"`);
    const from = count === 1 ? 0 : 100_000;
    const head = { etag: `"${sha256}"`, 'content-length': bytes.length - from };
    const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(count === 1 ? 200 : 206, { ...head, ...(from > 0 && range) });
    response.write(bytes.subarray(from, from + 100_000));
    cuts.set(from + 100_000, response);
  });
  cutAt(node, cuts);
  const view = await settle({ packageSha256: made.sha256 });
  assert.equal(view.status, 'healthy', view.message);
  const ranges = server.seen.map(({ headers }) => [headers.range, headers['if-range']]);
  const etag = `"${made.sha256}"`;
  assert.deepEqual(ranges, [
    [undefined, undefined],
    ['bytes=100000-', etag],
    ['bytes=200000-', etag],
  ]);
});

test('a download starts over when the other side cannot say that it is the same file, or has another one', async (t) => {
  for (const etag of [undefined, 'W/"weak"', '"old"']) {
    const cuts: Cuts = new Map();
    const { node, server, settle } = await createWorld(t, (_, response, { bytes }, count) => {
      const tag = count === 1 ? etag : '"new"';
      response.writeHead(200, { 'content-length': bytes.length, ...(tag !== undefined && { etag: tag }) });
      if (count > 1) return void response.end(bytes);
      response.write(Buffer.alloc(50_000, 'x'));
      cuts.set(50_000, response);
    });
    cutAt(node, cuts);
    const view = await settle();
    assert.equal(view.status, 'healthy', view.message);
    assert.equal(server.seen[1]?.headers.range, etag === '"old"' ? 'bytes=50000-' : undefined, etag);
  }
});

test('an answer that goes on at another place than it was asked for is not glued on', async (t) => {
  const cuts: Cuts = new Map();
  const { node, settle } = await createWorld(t, (_, response, { bytes }, count) => {
    if (count === 1) {
      response.writeHead(200, { etag: '"a"', 'content-length': bytes.length }).write(bytes.subarray(0, 50_000));
      return void cuts.set(50_000, response);
    }
    if (count > 2) return void response.writeHead(200, { etag: '"a"' }).end(bytes);
    response.writeHead(206, { etag: '"a"', 'content-range': `bytes 10-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(10));
  });
  cutAt(node, cuts);
  const view = await settle();
  assert.equal(view.status, 'healthy', view.message);
});

test('three tries are made where another one may help, and one where it cannot', async (t) => {
  for (const [status, tries, expected] of [
    [503, 3, /cannot be fetched after 3 tries: it answers with status 503/],
    [404, 1, /There is no package at .*status 404/],
    [403, 1, /may not be fetched: status 403.*signed address may have expired/],
  ] as const) {
    const { server, settle } = await createWorld(t, (_, response) => void response.writeHead(status).end());
    const view = await settle();
    assert.equal(view.status, 'failed');
    assert.match(view.details.error ?? '', expected);
    assert.equal(view.message, view.details.error);
    assert.equal(server.seen.length, tries);
  }
});

test('a download that is too slow fails at its deadline', async (t) => {
  const packages = { downloadTimeoutMs: 300 };
  const { settle } = await createWorld(t, (_, response) => void response.writeHead(200).write('PK'), { packages });
  const view = await settle();
  assert.match(view.details.error ?? '', /was not fetched within 0\.3 s; raise packages\.downloadTimeoutMs/);
});

test('another digest than the one asked for fails with both of them', async (t) => {
  const { made, settle, folder } = await createWorld(t, whole);
  const wanted = '0'.repeat(64);
  const view = await settle({ packageSha256: wanted });
  assert.equal(view.details.error, `SHA256 verification failed. Expected: ${wanted}, Got: ${made.sha256}`);
  assert.deepEqual(await listCache(folder), []);
});

test('a package over the limit is refused as soon as that is known, declared or not', async (t) => {
  for (const length of [true, false]) {
    const packages = { maxBytes: 100_000 };
    const { server, settle, folder } = await createWorld(
      t,
      (_, response, { bytes }) => {
        response.writeHead(200, length ? { 'content-length': bytes.length } : {});
        response.end(bytes);
      },
      { packages },
    );
    const view = await settle();
    assert.match(view.details.error ?? '', /has more than 100000 bytes/);
    assert.equal(server.seen.length, 1);
    assert.deepEqual(await listCache(folder), []);
  }
});

test('loopback, private and metadata addresses are not called, not by redirect either, and the refusal says how to allow them', async (t) => {
  const closed = await createWorld(t, whole, { allow: [] });
  const refused = await closed.settle();
  assert.match(refused.details.error ?? '', /No package is fetched from 127\.0\.0\.1.*packages\.allowHosts/);
  assert.equal(closed.server.seen.length, 0);
  const location = 'http://169.254.169.254/latest/meta-data/far-1.2.3.apkg';
  const { settle } = await createWorld(t, (_, response) => void response.writeHead(302, { location }).end());
  assert.match((await settle()).details.error ?? '', /No package is fetched from 169\.254\.169\.254/);
});

test('a redirect to an allowed place is followed, without the credentials of the first', async (t) => {
  const there = await createWorld(t, whole);
  const location = `${there.url}?signature=abc`;
  const allow = ['127.0.0.1'];
  const here = await createWorld(t, (_, response) => void response.writeHead(302, { location }).end(), { allow });
  const url = here.url.replace('http://', 'http://user:pass%21@');
  const view = await here.settle({ source: { kind: 'url', url } });
  assert.equal(view.status, 'healthy', view.message);
  assert.equal(here.server.seen[0]?.headers.authorization, `Basic ${Buffer.from('user:pass!').toString('base64')}`);
  assert.equal(there.server.seen[0]?.headers.authorization, undefined);
  assert.equal(there.server.seen[0]?.url, '/packages/far-1.2.3.apkg?signature=abc');
});

test('a package that is there is not fetched again; an altered copy of it is', async (t) => {
  const { folder, made, server, settle } = await createWorld(t, whole);
  await settle({ packageSha256: made.sha256 });
  assert.equal(server.seen.length, 1);
  assert.equal((await settle({ packageSha256: made.sha256.toUpperCase() })).status, 'healthy');
  assert.equal(server.seen.length, 1);
  await writeFile(join(folder, 'cache', `${made.sha256}.apkg`), 'altered');
  assert.equal((await settle({ packageSha256: made.sha256 })).status, 'healthy');
  assert.equal(server.seen.length, 2);
});

test('without a digest the other side is asked whether it still has the same', async (t) => {
  const { server, made, settle } = await createWorld(t, (request, response, { bytes, sha256 }) => {
    const same = request.headers['if-none-match'] === `"${sha256}"`;
    if (same) response.writeHead(304).end();
    else sendRange(request, response, bytes, `"${sha256}"`);
  });
  for (const _ of [1, 2]) assert.equal((await settle()).packageDigest, made.sha256);
  assert.deepEqual(
    server.seen.map(({ headers }) => headers['if-none-match']),
    [undefined, `"${made.sha256}"`],
  );
});

test('the cache holds no more than it may: the oldest unused package goes', async (t) => {
  const { folder, made, settle, node } = await createWorld(t, whole, { packages: { cacheBytes: 400_000 } });
  await settle();
  const next = await makePackage(folder, { name: 'near', version: '1.0.0', files: { filler: randomBytes(300_000) } });
  assert.deepEqual(await listCache(folder), [`${made.sha256}.apkg`]);
  await node.packages.upload(ReadableStream.from([next.bytes]));
  assert.deepEqual(await listCache(folder), [`${next.sha256}.apkg`]);
});

test('what may be secret in an address is in no view, no log, no error and, unsealed, in no file', async (t) => {
  const lines: unknown[] = [];
  const write = (...line: unknown[]): unknown => lines.push(line);
  const { folder, url, node, settle } = await createWorld(t, (_, response) => void response.writeHead(404).end());
  node.runtime.watch((view) => lines.push(view));
  const secret = url.replace('http://', 'http://me:hunter2@').concat('?X-Amz-Signature=topsecret#frag');
  const view = await settle({ source: { kind: 'url', url: secret } });
  write(view, node.runtime.logs(view.id, 0, 100), node.registry.list());
  assert.deepEqual(view.source, { kind: 'url', url });
  const stored = await readFile(join(folder, 'store.json'), 'utf8');
  for (const text of [JSON.stringify(lines), stored]) assert.doesNotMatch(text, /hunter2|topsecret|me:/);
  await assert.rejects(settle({ source: { kind: 'url', url: 'ftp://me:hunter2@x/far-1.apkg' } }), (thrown: Error) => {
    return !thrown.message.includes('hunter2');
  });
});

test('a deployment that is stopped ends its download', async (t) => {
  const cut = Promise.withResolvers<void>();
  const { node, deploy } = await createWorld(t, (request, response) => {
    response.writeHead(200).write('PK');
    void once(request.socket, 'close').then(() => cut.resolve());
  });
  const { id } = await deploy();
  await until(node.runtime, id, ({ details }) => details.progress?.receivedBytes === 2);
  assert.equal((await node.runtime.stop(id)).status, 'stopped');
  await cut.promise;
});

test('a deployment that was stopped in the middle of its download is fetched anew when it is restarted', async (t) => {
  const { node, deploy } = await createWorld(t, (request, response, made, count) => {
    if (count === 1) response.writeHead(200).write('PK');
    else whole(request, response, made, count);
  });
  const { id } = await deploy();
  await until(node.runtime, id, ({ details }) => details.progress?.receivedBytes === 2);
  await node.runtime.stop(id);
  await node.runtime.restart(id);
  const view = await until(node.runtime, id, ({ status }) => status === 'healthy' || status === 'failed');
  assert.equal(view.status, 'healthy', view.message);
});

test('a node that is stopped in the middle of a download fetches the package when it is back', async (t) => {
  const { folder, node, server, deploy, url } = await createWorld(t, (request, response, made, count) => {
    if (count === 1) response.writeHead(200).write('PK');
    else whole(request, response, made, count);
  });
  const { id } = await deploy({ source: { kind: 'url', url: `${url}?token=abc` } });
  await waitUntil('the server is asked', () => server.seen.length === 1);
  await node.component.stop(AbortSignal.timeout(5_000));
  const fetcher = createHttpClient({ allow: { kind: 'public', except: [server.origin] } });
  const back = await startNode(folder, { fetcher });
  try {
    const view = await until(back.runtime, id, ({ status }) => status === 'healthy' || status === 'failed');
    assert.deepEqual([view.status, view.packageId], ['healthy', 'far@1.2.3']);
    assert.equal(server.seen[1]?.url, '/packages/far-1.2.3.apkg?token=abc');
  } finally {
    await back.component.stop(AbortSignal.timeout(5_000));
    await fetcher.close();
  }
});

test('an agent id that was guessed from the file name must be that of the package', async (t) => {
  const { url, settle, deploy } = await createWorld(t, whole);
  const wrong = await settle({ source: { kind: 'url', url: url.replace('far-', 'near-') } });
  assert.match(wrong.details.error ?? '', /file name says near, but the package is far.*--agent/);
  const unclear = { kind: 'url', url: url.replace('far-1.2.3', 'latest') } as const;
  await assert.rejects(deploy({ source: unclear }), { code: 'VALIDATION_FAILED', message: /--agent/ });
  await assert.rejects(deploy({ agentId: 'no spaces' }), { code: 'VALIDATION_FAILED' });
  assert.equal((await settle({ source: unclear, agentId: 'far' })).status, 'healthy');
});

async function listCache(folder: string): Promise<readonly string[]> {
  return (await readdir(join(folder, 'cache'))).filter((name) => name.endsWith('.apkg'));
}

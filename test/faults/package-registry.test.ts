import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type LogFields, silentLogger, systemClock } from '../../src/base/index.ts';
import { createHttpClient, type HttpClient } from '../../src/drivers/http/index.ts';
import { createPackageRegistry, type PackageRegistry, type RegistryPackageView } from '../../src/runtime/index.ts';
import { type MadePackage, makePackage, type PackageServer, servePackages } from '../support/package-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type After, createAfter, createFolder, startNode, type TestNode, untilHealthy } from './runtime-fixture.ts';

interface World {
  readonly after: After;
  readonly folder: string;
  readonly node: TestNode;
  readonly fetcher: HttpClient;
  readonly warnings: LogFields[];
  /** Follows the source, and looks at it only when asked. */
  follow(source: string, agents?: readonly string[]): Promise<PackageRegistry>;
}

async function createWorld(t: TestContext): Promise<World> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const fetcher = createHttpClient({ allow: { kind: 'public', except: ['127.0.0.1'] } });
  after(() => fetcher.close());
  const node = await startNode(folder, { fetcher });
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  const warnings: LogFields[] = [];
  const logger = { ...silentLogger, warn: (_: string, fields: LogFields = {}) => void warnings.push(fields) };
  const follow = async (source: string, agents?: readonly string[]): Promise<PackageRegistry> => {
    const { registry, component } = createPackageRegistry({
      settings: { source, intervalMs: 3_600_000, agents },
      runtime: node.runtime,
      library: node.packages,
      ...{ fetcher, logger, clock: systemClock, maxBytes: 1_000_000, cacheFolder: join(folder, 'cache') },
    });
    await component.start();
    after(() => component.stop(AbortSignal.timeout(1_000)));
    await registry.refresh();
    return registry;
  };
  return { after, folder, node, fetcher, warnings, follow };
}

/** A server whose index lists what is in `packages`, with an ETag. */
async function serveIndex(packages: MadePackage[]): Promise<PackageServer> {
  return servePackages((request, response) => {
    const etag = `"${packages.length}"`;
    const made = packages.find(({ name, version }) => request.url === `/${name}-${version}.apkg`);
    if (made) return void response.end(made.bytes);
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    const listed = packages.map(({ name, version, sha256 }) => ({
      ...{ name, version, sha256, url: `${name}-${version}.apkg` },
    }));
    response.writeHead(200, { etag }).end(JSON.stringify({ packages: listed }));
  });
}

function states({ packages }: { readonly packages: readonly RegistryPackageView[] }): readonly string[] {
  return packages.map(({ name, version, state }) => `${name}@${version} ${state}`);
}

test('a new version in an index replaces what runs, with its settings, under the same id', async (t) => {
  const { after, folder, node, follow } = await createWorld(t);
  const packages = [await makePackage(folder, { name: 'mine', version: '1.0.0' })];
  const server = await serveIndex(packages);
  after(() => server.close());
  const first = await node.runtime.deploy({
    source: { kind: 'file', path: packages[0]?.file ?? '' },
    replicas: 2,
    environment: { COLOR: 'blue' },
  });
  await untilHealthy(node.runtime, first.id);
  const registry = await follow(`${server.origin}/index.json?token=secret`);
  assert.equal(registry.view().source, `${server.origin}/index.json`);
  assert.deepEqual(states(registry.view()), ['mine@1.0.0 current']);
  const code = "if (process.env.COLOR !== 'blue') throw new Error('no colour');";
  packages.push(await makePackage(folder, { name: 'mine', version: '1.1.0', code }));
  assert.deepEqual(states(await registry.refresh()), ['mine@1.1.0 deployed']);
  await waitUntil('the new version runs', () => node.runtime.get('mine').packageId === 'mine@1.1.0');
  const view = await untilHealthy(node.runtime, 'mine');
  assert.deepEqual([view.id, view.replicas, view.packageId], [first.id, 2, 'mine@1.1.0']);
  assert.deepEqual(states(await registry.refresh()), ['mine@1.1.0 current']);
});

test('an index that has not changed is not sent again', async (t) => {
  const { after, follow } = await createWorld(t);
  const server = await serveIndex([]);
  after(() => server.close());
  const registry = await follow(`${server.origin}/index.json`);
  await registry.refresh();
  const tags = server.seen.map(({ headers }) => headers['if-none-match']);
  assert.equal(tags[0], undefined);
  assert.deepEqual(new Set(tags.slice(1)), new Set(['"0"']));
});

test('a version that fails is told once and not tried again, not after a restart either; a fixed one is', async (t) => {
  const { folder, node, warnings, follow } = await createWorld(t);
  const shelf = join(folder, 'shelf');
  await makePackage(shelf, { name: 'mine', version: '1.0.0' });
  const { id } = await node.runtime.deploy({ source: { kind: 'folder', path: join(shelf, 'mine-1.0.0') } });
  await untilHealthy(node.runtime, id);
  const registry = await follow(shelf);
  const bad = await makePackage(shelf, { name: 'mine', version: '2.0.0', code: "throw new Error('does not start');" });
  await registry.refresh();
  await waitUntil('the failure is told', () => warnings.length === 1);
  assert.match(JSON.stringify(warnings), /does not start/);
  const again = await registry.refresh();
  assert.deepEqual(states(again), ['mine@2.0.0 tried']);
  assert.match(again.packages[0]?.message ?? '', /does not start/);
  const restarted = await follow(shelf);
  assert.deepEqual(states(restarted.view()), ['mine@2.0.0 tried']);
  assert.equal(warnings.length, 1);
  assert.equal(node.runtime.get('mine').packageId, 'mine@1.0.0');
  const fixed = await makePackage(shelf, { name: 'mine', version: '2.0.0' });
  assert.notEqual(fixed.sha256, bad.sha256);
  assert.deepEqual(states(await restarted.refresh()), ['mine@2.0.0 deployed']);
  await waitUntil('the fixed version runs', () => node.runtime.get('mine').packageId === 'mine@2.0.0');
});

test('an agent that is named is deployed from the registry, one that an operator has stopped is not', async (t) => {
  const { folder, node, follow } = await createWorld(t);
  const shelf = join(folder, 'shelf');
  await makePackage(shelf, { name: 'mine', version: '1.0.0' });
  await makePackage(shelf, { name: 'other', version: '1.0.0' });
  const registry = await follow(shelf, ['mine']);
  await untilHealthy(node.runtime, 'mine');
  assert.deepEqual(states(await registry.refresh()), ['mine@1.0.0 current', 'other@1.0.0 not-followed']);
  await node.runtime.stop('mine');
  await makePackage(shelf, { name: 'mine', version: '1.1.0' });
  assert.deepEqual(states(await registry.refresh()), ['mine@1.1.0 not-followed', 'other@1.0.0 not-followed']);
});

test('a registry that cannot be read says why, once, and goes on when it can', async (t) => {
  const { folder, warnings, follow } = await createWorld(t);
  const shelf = join(folder, 'shelf');
  const registry = await follow(shelf, ['mine']);
  await registry.refresh();
  assert.match(registry.view().error ?? '', /folder .*shelf, cannot be read/);
  assert.equal(warnings.length, 1);
  await makePackage(`${shelf}.new`, { name: 'mine', version: '1.0.0' });
  await writeFile(join(`${shelf}.new`, 'broken.apkg'), 'no zip');
  await rename(`${shelf}.new`, shelf);
  const view = await registry.refresh();
  assert.equal(view.error, undefined);
  assert.match(view.problems.join(), /broken\.apkg is left out/);
  assert.deepEqual(states(view), ['mine@1.0.0 deployed']);
  await registry.refresh();
  assert.equal(warnings.length, 2);
});

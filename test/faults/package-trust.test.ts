import assert from 'node:assert/strict';
import { appendFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import type { DeploymentView, DeployRequest, PackageSource } from '../../src/runtime/index.ts';
import { createSigningKeyPair, type PackageFacts, type SigningKeyPair, signPackage } from '../../src/security/index.ts';
import { type MadePackage, makePackage, servePackages } from '../support/package-server.ts';
import { type After, createAfter, createFolder, startNode, type TestNode, until } from './runtime-fixture.ts';

type Policy = 'off' | 'warn' | 'require';

interface World {
  readonly after: After;
  readonly folder: string;
  readonly node: TestNode;
  readonly team: SigningKeyPair;
  deploy(source: PackageSource, request?: Partial<DeployRequest>): Promise<DeploymentView>;
}

async function createWorld(
  t: TestContext,
  policy: Policy,
  keysOf?: (team: string) => Record<string, string[]>,
): Promise<World> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const team = createSigningKeyPair();
  const keys = keysOf?.(team.publicKey) ?? { '*': [team.publicKey] };
  const fetcher = createHttpClient({ allow: { kind: 'public', except: ['127.0.0.1'] } });
  after(() => fetcher.close());
  const node = await startNode(folder, { fetcher, packages: { signatures: { policy, keys } } });
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  const deploy = async (source: PackageSource, request: Partial<DeployRequest> = {}): Promise<DeploymentView> => {
    const { id } = await node.runtime.deploy({ source, ...request });
    return until(node.runtime, id, ({ status }) => status === 'healthy' || status === 'failed');
  };
  return { after, folder, node, team, deploy };
}

function factsOf({ sha256, name, version }: MadePackage): PackageFacts {
  return { sha256, name, version };
}

function sign(facts: PackageFacts, { privateKey }: SigningKeyPair): string {
  return JSON.stringify(signPackage(facts, privateKey));
}

function asFile({ file }: MadePackage): PackageSource {
  return { kind: 'file', path: file };
}

async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (thrown) {
    const { code, message, details } = thrown as { code: string; message: string; details: { reason?: string } };
    return `${code} ${details.reason} ${message}`;
  }
  return 'taken';
}

test('where signatures are required, what is unsigned or signed wrongly is refused, and nothing of it is installed', async (t) => {
  const { folder, team, deploy } = await createWorld(t, 'require');
  const made = await makePackage(folder, { name: 'mine', version: '1.0.0' });
  const other = await makePackage(folder, { name: 'mine', version: '1.0.1' });
  const facts = factsOf(made);
  const cases: readonly [string | undefined, RegExp][] = [
    [undefined, /PACKAGE_INVALID unsigned The package mine@1\.0\.0 is not signed/],
    ['{}', /signature .*cannot be read/],
    [sign(facts, createSigningKeyPair()), /signature .*is not trusted/],
    [sign(factsOf(other), team), /signature .*another sha256/],
    [sign({ ...facts, name: 'other' }, team), /signature .*another name: other instead of mine/],
    [sign({ ...facts, version: '2.0.0' }, team), /signature .*another version/],
    [sign(facts, team).replace('"version":"1.0.0"', '"version":"1.0.1"'), /signature .*another version/],
    [sign(facts, team).replace(/"signature":"..../, '"signature":"AAAA'), /signature .*did not make/],
  ];
  for (const [text, expected] of cases) {
    const request = text === undefined ? {} : { signature: text };
    assert.match(await refusalOf(deploy(asFile(made), request)), expected);
  }
  assert.deepEqual(await readdir(join(folder, 'packages')), []);
  assert.equal((await deploy(asFile(made), { signature: sign(facts, team) })).status, 'healthy');
});

test('a package that was altered after it was signed is refused', async (t) => {
  const { folder, team, deploy } = await createWorld(t, 'require');
  const made = await makePackage(folder, { name: 'mine', version: '1.0.0' });
  await writeFile(`${made.file}.sig`, sign(factsOf(made), team));
  await makePackage(folder, { name: 'mine', version: '1.0.0', code: 'globalThis.altered = true;' });
  assert.match(await refusalOf(deploy(asFile(made))), /PACKAGE_INVALID signature .*another sha256/);
  await appendFile(made.file, 'x');
  assert.match(await refusalOf(deploy(asFile(made))), /PACKAGE_INVALID/);
});

test('a folder cannot be signed, so it is refused where signatures are required', async (t) => {
  const { folder, deploy } = await createWorld(t, 'require');
  await makePackage(folder, { name: 'mine', version: '1.0.0' });
  const source = { kind: 'folder', path: join(folder, 'mine-1.0.0') } as const;
  assert.match(await refusalOf(deploy(source)), /PACKAGE_INVALID unsigned .*folders cannot be signed/);
});

test('the signature beside a file, beside an address or with an upload counts', async (t) => {
  const { after, folder, node, team, deploy } = await createWorld(t, 'require');
  const made = await makePackage(folder, { name: 'mine', version: '1.0.0' });
  const text = sign(factsOf(made), team);
  const server = await servePackages((request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://x');
    if (search !== '?token=1') response.writeHead(403).end();
    else response.end(pathname.endsWith('.sig') ? text : made.bytes);
  });
  after(() => server.close());
  const far = { kind: 'url', url: `${server.origin}/mine-1.0.0.apkg?token=1` } as const;
  assert.equal((await deploy(far)).status, 'healthy');
  assert.equal(server.seen.at(-1)?.url, '/mine-1.0.0.apkg.sig?token=1');
  const { sha256 } = await node.packages.upload(ReadableStream.from([made.bytes]));
  assert.match(await refusalOf(deploy({ kind: 'upload', sha256 })), /unsigned/);
  assert.equal((await deploy({ kind: 'upload', sha256 }, { signature: text })).status, 'healthy');
  await writeFile(`${made.file}.sig`, text);
  assert.equal((await deploy(asFile(made))).status, 'healthy');
});

test('an address without a signature fails the deployment, and says why', async (t) => {
  const { after, folder, deploy } = await createWorld(t, 'require');
  const made = await makePackage(folder, { name: 'mine', version: '1.0.0' });
  const server = await servePackages((request, response) => {
    if (request.url?.endsWith('.sig')) response.writeHead(404).end();
    else response.end(made.bytes);
  });
  after(() => server.close());
  const view = await deploy({ kind: 'url', url: `${server.origin}/mine-1.0.0.apkg` });
  assert.equal(view.status, 'failed');
  assert.match(view.details.error ?? '', /mine@1\.0\.0 is not signed/);
});

test('the keys of a name are its own: the key for the others does not count for it', async (t) => {
  const pinned = createSigningKeyPair();
  const { folder, team, deploy } = await createWorld(t, 'require', (key) => ({ '*': [key], bank: [pinned.publicKey] }));
  const bank = await makePackage(folder, { name: 'bank', version: '1.0.0' });
  const shop = await makePackage(folder, { name: 'shop', version: '1.0.0' });
  assert.match(await refusalOf(deploy(asFile(bank), { signature: sign(factsOf(bank), team) })), /not trusted/);
  assert.match(await refusalOf(deploy(asFile(shop), { signature: sign(factsOf(shop), pinned) })), /not trusted/);
  assert.equal((await deploy(asFile(bank), { signature: sign(factsOf(bank), pinned) })).status, 'healthy');
  assert.equal((await deploy(asFile(shop), { signature: sign(factsOf(shop), team) })).status, 'healthy');
});

test('where they are only warned of, what is wrong is a warning; where they are off, it is nothing', async (t) => {
  for (const policy of ['warn', 'off'] as const) {
    const { folder, deploy } = await createWorld(t, policy);
    const made = await makePackage(folder, { name: 'mine', version: '1.0.0' });
    const { status, warnings } = await deploy(asFile(made));
    assert.equal(status, 'healthy');
    assert.equal(
      warnings.some((text) => text.includes('is not signed')),
      policy === 'warn',
    );
  }
});

test('what was verified is what is installed, although the file is swapped in between', async (t) => {
  const { folder, team, node } = await createWorld(t, 'require');
  const made = await makePackage(folder, { name: 'mine', version: '1.0.0' });
  const evil = await makePackage(join(folder, 'evil'), { name: 'mine', version: '1.0.0', code: '// evil' });
  // Behind the acceptance, before the installation.
  node.runtime.watch(({ status }) => void (status === 'downloading' && rename(evil.file, made.file)));
  const { id } = await node.runtime.deploy({ source: asFile(made), signature: sign(factsOf(made), team) });
  const view = await until(node.runtime, id, ({ status }) => status === 'healthy' || status === 'failed');
  assert.deepEqual([view.status, view.packageDigest], ['healthy', made.sha256]);
  const installed = join(folder, 'packages', 'mine@1.0.0', made.sha256.slice(0, 12), 'agent.mjs');
  assert.doesNotMatch(await readFile(installed, 'utf8'), /evil/);
});

test('a key that is none stops the start', async (t) => {
  await assert.rejects(
    createWorld(t, 'require', () => ({ '*': ['ed25519:short'] })),
    { code: 'CONFIG_INVALID' },
  );
});

test('a lower version than the one that runs is refused unless it is meant', async (t) => {
  const { folder, node, deploy } = await createWorld(t, 'off');
  const make = async (version: string): Promise<PackageSource> =>
    asFile(await makePackage(folder, { name: 'mine', version }));
  await deploy(await make('1.10.0'));
  const refusal = await refusalOf(deploy(await make('1.9.0')));
  assert.match(refusal, /CONFLICT .*1\.9\.0 is lower than 1\.10\.0/);
  assert.match(await refusalOf(deploy(await make('1.10.0-rc.1'), { strategy: 'beside' })), /CONFLICT/);
  assert.equal((await deploy(await make('1.10.0'))).status, 'healthy', 'the same again');
  assert.equal((await deploy(await make('1.9.0'), { allowDowngrade: true })).packageId, 'mine@1.9.0');
  assert.equal((await deploy(await make('1.9.1'))).status, 'healthy');
  await node.runtime.stop('mine');
  assert.match(await refusalOf(deploy(await make('1.9.0'))), /CONFLICT/, 'a stopped agent still has its version');
  assert.equal((await deploy(await make('1.9.0'), { agentId: 'other' })).status, 'healthy', 'another agent');
});

test('a lower version at an address fails when it is read, and a failed version does not stand in the way', async (t) => {
  const { after, folder, deploy } = await createWorld(t, 'off');
  const old = await makePackage(folder, { name: 'mine', version: '1.0.0' });
  const bad = await makePackage(folder, { name: 'mine', version: '3.0.0', code: "throw new Error('bad');" });
  const next = await makePackage(folder, { name: 'mine', version: '2.0.0' });
  const server = await servePackages((_, response) => void response.end(old.bytes));
  after(() => server.close());
  assert.equal((await deploy(asFile(bad))).status, 'failed');
  assert.equal((await deploy(asFile(next))).status, 'healthy');
  const far = { kind: 'url', url: `${server.origin}/mine-9.0.0.apkg` } as const;
  assert.match((await deploy(far)).details.error ?? '', /1\.0\.0 is lower than 2\.0\.0/);
  assert.equal((await deploy(far, { allowDowngrade: true })).packageId, 'mine@1.0.0');
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DeploymentView, LocalSource } from '../../src/runtime/index.ts';
import { requires } from '../support/requires.ts';
import { call, createAfter, createFolder, startNode, type TestNode, until } from './runtime-fixture.ts';

const options = { timeout: 120_000, ...requires('npm') };

interface Place extends TestNode {
  readonly folder: string;
}

async function startPlace(t: TestContext): Promise<Place> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const node = await startNode(folder, { nodeEnvironment: { ...process.env, npm_config_offline: 'true' } });
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  return { ...node, folder };
}

const manifest =
  'name: NAME\nversion: 1.0.0\nruntime: node24\nexports:\n  - {name: tell, type: function, handler: agent.tell}\n';

const agent = `
import { createRequire } from 'node:module';
import { word } from 'greeting';

export const tell = () => ({ imported: word, required: createRequire(import.meta.url)('greeting').word });
`;

/** A package with a dependency in a tarball of its own, whose install script would leave a file behind. */
async function writeAgent({ folder }: Place, name: string): Promise<LocalSource & { readonly touched: string }> {
  const path = join(folder, name);
  const library = join(folder, `${name}-library`);
  const touched = join(folder, `${name}-was-run`);
  await mkdir(path);
  await mkdir(library);
  const scripts = { install: `node -e "require('fs').writeFileSync('${touched}', '')"` };
  await writeFile(join(library, 'package.json'), JSON.stringify({ name: 'greeting', version: '1.0.0', scripts }));
  await writeFile(join(library, 'index.js'), 'exports.word = "hello";\n');
  npm(['pack', '--pack-destination', path], library);
  await writeFile(join(path, 'agent.yaml'), manifest.replace('NAME', name));
  await writeFile(join(path, 'agent.js'), agent);
  const dependencies = { greeting: 'file:greeting-1.0.0.tgz' };
  await writeFile(join(path, 'package.json'), JSON.stringify({ name, type: 'module', dependencies }));
  npm(['install', '--package-lock-only', '--offline', '--ignore-scripts'], path);
  return { kind: 'folder', path, touched };
}

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, stdio: 'ignore' });
}

async function settle({ runtime }: Place, source: LocalSource, id: string): Promise<DeploymentView> {
  await runtime.deploy({ source: { kind: source.kind, path: source.path }, deploymentId: id });
  return until(runtime, id, ({ status }) => status === 'healthy' || status === 'failed');
}

async function ask(place: Place, agentId: string): Promise<unknown> {
  const [event] = await call(place, agentId, 'tell', { parts: [{ data: {} }] });
  assert.ok(event?.kind === 'artifact', JSON.stringify(event));
  const [part] = event.artifact.parts;
  return part && 'data' in part ? part.data : part;
}

test(
  'the modules of a lock file are installed without running them, and both ways to load them find them',
  options,
  async (t) => {
    const place = await startPlace(t);
    const source = await writeAgent(place, 'one');
    const view = await settle(place, source, 'one-1');
    assert.equal(view.status, 'healthy', view.details.error);
    assert.deepEqual(await ask(place, 'one'), { imported: 'hello', required: 'hello' });
    assert.equal(existsSync(source.touched), false, 'the install script was run');
    await place.runtime.stop('one-1');
    assert.equal((await settle(place, source, 'one-2')).status, 'healthy');
    assert.equal((await readdir(join(place.folder, 'environments'))).length, 1);
  },
);

test('dependencies without a lock file are refused with what to do', options, async (t) => {
  const place = await startPlace(t);
  const source = await writeAgent(place, 'one');
  await rm(join(source.path, 'package-lock.json'));
  const { status, message } = await settle(place, source, 'one-1');
  assert.equal(status, 'failed');
  assert.match(message ?? '', /no lock file; run "npm install --package-lock-only"/);
});

test('a package that brings its modules is used as it is', options, async (t) => {
  const place = await startPlace(t);
  const source = await writeAgent(place, 'one');
  npm(['ci', '--offline', '--ignore-scripts'], source.path);
  await rm(join(source.path, 'package-lock.json'));
  const view = await settle(place, source, 'one-1');
  assert.equal(view.status, 'healthy', view.details.error);
  assert.deepEqual(await ask(place, 'one'), { imported: 'hello', required: 'hello' });
  assert.equal(existsSync(join(place.folder, 'environments')), false);
});

test('what npm says of a tarball that is not what the lock file says is in details.error', options, async (t) => {
  const place = await startPlace(t);
  const source = await writeAgent(place, 'one');
  const lock = join(source.path, 'package-lock.json');
  const other = `"sha512-${Buffer.alloc(64).toString('base64')}"`;
  await writeFile(lock, (await readFile(lock, 'utf8')).replace(/"sha512-[^"]+"/, other));
  const { status, message, details } = await settle(place, source, 'one-1');
  assert.equal(status, 'failed');
  assert.match(message ?? '', /Node dependencies of one@1\.0\.0 cannot be installed/);
  assert.match(details.error ?? '', /EINTEGRITY/);
  await assert.rejects(lstat(join(place.folder, 'packages', 'one@1.0.0', 'node_modules')));
});

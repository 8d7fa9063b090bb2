import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '../../src/base/index.ts';
import type { RuntimeOptions, UidSettings } from '../../src/runtime/index.ts';
import { requires } from '../support/requires.ts';
import { hostileAgent } from './hostile-agent.ts';
import {
  call,
  createAfter,
  createFolder,
  openPresence,
  startNode,
  type TestNode,
  until,
  untilHealthy,
  writePackage,
} from './runtime-fixture.ts';

const isRoot = process.getuid?.() === 0;
const options = { timeout: 60_000, ...requires('procfs') };
/** Only root can start processes as others. CI is root. */
const asRoot = isRoot ? options : { skip: 'needs root: only root can start workers as other users' };
const asUser = isRoot ? { skip: 'needs a user who is not root' } : options;

const uids: UidSettings = { mode: 'require', first: 50_000, count: 10_000 };

const spyAgent = {
  'agent.yaml': [
    'name: spy',
    'version: 1.0.0',
    'runtime: node24',
    'exports:',
    ...['who', 'read', 'write', 'list', 'hide'].flatMap((name) => [`  - name: ${name}`, `    handler: agent.${name}`]),
    '',
  ].join('\n'),
  'agent.js': `
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
const attempt = (run) => { try { return run(); } catch (error) { return error.code; } };
export const who = () => ({
  uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), home: process.env.HOME,
  temporary: process.env.TMPDIR, folder: process.cwd(),
});
export const read = ({ path }) => ({ outcome: attempt(() => readFileSync(path, 'utf8').length > 0) });
export const list = ({ path }) => ({ outcome: attempt(() => readdirSync(path).length >= 0) });
export const write = ({ path }) => ({ outcome: attempt(() => { writeFileSync(path, 'x'); return true; }) });
// Neither the mark nor a parent tells where it belongs.
export const hide = () => {
  const report = "require('net').connect(" + JSON.stringify(process.env.PRESENCE) + ", function () { this.write('hidden ' + process.pid + '\\\\n') }); setInterval(() => {}, 1000)";
  const inner = "require('child_process').spawn(process.execPath, ['-e', " + JSON.stringify(report) + "], { detached: true, stdio: 'ignore', env: {} }).unref()";
  spawn(process.execPath, ['-e', inner], { detached: true, stdio: 'ignore', env: {} }).unref();
  return 'hidden';
};
`,
};

interface Den extends TestNode {
  readonly folder: string;
}

/** A node whose data folder others may reach, with a secret in it. */
async function openDen(t: TestContext, change: Partial<RuntimeOptions> = {}): Promise<Den> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  await writeFile(join(folder, 'operator.token'), 'secret', { mode: 0o644 });
  const node = await startNode(folder, { containment: { dataFolder: folder, uids }, ...change });
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  return { ...node, folder };
}

async function deploySpy(
  { runtime, folder }: Den,
  id: string,
  environment: Record<string, string> = {},
): Promise<void> {
  const source = await writePackage(folder, `source-${id}`, spyAgent);
  await runtime.deploy({ source, agentId: id, deploymentId: `${id}-1`, environment });
  const { message } = await until(runtime, `${id}-1`, ({ status }) => status === 'healthy' || status === 'failed');
  assert.equal(message, undefined);
}

async function ask(node: Den, agent: string, skill: string, path = ''): Promise<Record<string, unknown>> {
  const [first] = await call(node, agent, skill, { parts: [{ data: { path } }] });
  assert.ok(first?.kind === 'artifact', JSON.stringify(first));
  const [part] = first.artifact.parts;
  assert.ok(part && 'data' in part);
  return part.data as Record<string, unknown>;
}

test('as root, each deployment is a user of its own with a home that is its own', asRoot, async (t) => {
  const den = await openDen(t);
  await deploySpy(den, 'one');
  await deploySpy(den, 'two');
  const [one, two] = [await ask(den, 'one', 'who'), await ask(den, 'two', 'who')];
  assert.ok(Number(one['uid']) >= uids.first && Number(two['uid']) >= uids.first);
  assert.notEqual(one['uid'], two['uid']);
  assert.deepEqual([one['gid'], one['groups']], [uids.first, [uids.first]]);
  assert.equal(one['home'], join(den.folder, 'homes', 'one-1'));
  const home = statSync(String(one['home']));
  assert.deepEqual([home.mode & 0o777, home.uid], [0o700, one['uid']]);
  assert.deepEqual(await ask(den, 'one', 'write', join(String(one['temporary']), 'x')), { outcome: true });
});

test(
  'it reads its package, and neither writes it nor reads what belongs to the node or to others',
  asRoot,
  async (t) => {
    const den = await openDen(t);
    await deploySpy(den, 'one');
    await deploySpy(den, 'two');
    const { folder } = await ask(den, 'one', 'who');
    const { home } = await ask(den, 'two', 'who');
    await ask(den, 'two', 'write', join(String(home), 'private'));
    const refused = { outcome: 'EACCES' };
    assert.deepEqual(await ask(den, 'one', 'read', join(String(folder), 'agent.js')), { outcome: true });
    assert.deepEqual(await ask(den, 'one', 'write', join(String(folder), 'agent.js')), refused);
    assert.deepEqual(await ask(den, 'one', 'write', join(String(folder), 'new.js')), refused);
    for (const name of ['operator.token', 'uids.json']) {
      assert.deepEqual(await ask(den, 'one', 'read', join(den.folder, name)), refused, name);
    }
    for (const path of [den.folder, join(den.folder, 'packages'), join(den.folder, 'homes'), String(home)]) {
      assert.deepEqual(await ask(den, 'one', 'list', path), refused, path);
    }
    assert.deepEqual(await ask(den, 'one', 'read', join(String(home), 'private')), refused);
  },
);

test('a deployment keeps its user, also when the node starts again', asRoot, async (t) => {
  const den = await openDen(t);
  await deploySpy(den, 'one');
  const { uid } = await ask(den, 'one', 'who');
  await den.component.stop(AbortSignal.timeout(5_000));
  const again = await startNode(den.folder, { containment: { dataFolder: den.folder, uids } });
  t.after(() => again.component.stop(AbortSignal.timeout(5_000)));
  await untilHealthy(again.runtime, 'one-1');
  assert.equal((await ask({ ...again, folder: den.folder }, 'one', 'who'))['uid'], uid);
});

test('two nodes of one machine never use the same user', asRoot, async (t) => {
  const [first, second] = [await openDen(t), await openDen(t)];
  await deploySpy(first, 'one');
  await deploySpy(second, 'one');
  assert.notEqual((await ask(first, 'one', 'who'))['uid'], (await ask(second, 'one', 'who'))['uid']);
});

test('a child without mark and parents is found by its user and ends with its worker', asRoot, async (t) => {
  const den = await openDen(t);
  const open = await createFolder(createAfter(t));
  const presence = await openPresence(open);
  t.after(() => presence.close());
  for (const path of [open, presence.path]) chmodSync(path, 0o777);
  await deploySpy(den, 'one', { PRESENCE: presence.path });
  await call(den, 'one', 'hide');
  const hidden = await presence.next('hidden');
  await den.runtime.stop('one-1');
  await hidden.gone;
});

test('where others cannot reach the data folder, "auto" warns once and "require" refuses', asRoot, async (t) => {
  const after = createAfter(t);
  const closed = await createFolder(after);
  const folder = join(closed, 'data');
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  for (const mode of ['auto', 'require'] as const) {
    const node = await startNode(join(folder, mode), {
      containment: { dataFolder: join(folder, mode), uids: { ...uids, mode } },
      logger,
    }).catch(() => undefined);
    assert.ok(node);
    after(() => node.component.stop(AbortSignal.timeout(5_000)));
    const source = await writePackage(closed, 'spy', spyAgent);
    await node.runtime.deploy({ source, deploymentId: 'spy-1' });
    const view = await until(node.runtime, 'spy-1', ({ status }) => status === 'healthy' || status === 'failed');
    assert.equal(view.status, mode === 'auto' ? 'healthy' : 'failed');
    if (mode === 'require') assert.match(view.message ?? '', /cannot run as a user of its own/);
    else
      assert.match(
        JSON.stringify(node.runtime.logs('spy-1', 0, 10)),
        /runs as the user of the node.*does not let it pass/,
      );
  }
  assert.deepEqual(warnings, ['Deployments run as root.']);
});

test('who is not root cannot require users of their own', asUser, async (t) => {
  await assert.rejects(openDen(t), { code: 'CONFIG_INVALID', message: /workers\.uids\.mode/ });
});

test('a node that is killed takes hidden children with it', options, async (t) => {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const presence = await openPresence(folder);
  after(() => presence.close());
  const agent = { ...hostileAgent, 'agent.js': `${hostileAgent['agent.js']}\nawait hide();\n` };
  const source = await writePackage(folder, 'hostile', agent);
  const script = fileURLToPath(new URL('./runtime-node.ts', import.meta.url));
  const node = spawn(process.execPath, [script, folder, source.path, 'never', presence.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  after(() => node.kill('SIGKILL'));
  await once(createInterface({ input: node.stdout }), 'line');
  const [worker, hidden] = await Promise.all([presence.next('worker'), presence.next('hidden')]);
  node.kill('SIGKILL');
  await Promise.all([worker.gone, hidden.gone]);
});

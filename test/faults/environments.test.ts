import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DeploymentView, RuntimeOptions } from '../../src/runtime/index.ts';
import { makeSource, makeWheel } from '../support/python-wheel.ts';
import { requires } from '../support/requires.ts';
import { call, createAfter, createFolder, startNode, type TestNode, until, writePackage } from './runtime-fixture.ts';

const options = { timeout: 120_000 };

interface Place extends TestNode {
  readonly folder: string;
  /** Where pip finds what it installs; there is no other place. */
  readonly wheels: string;
  again(): Promise<TestNode>;
}

async function startPlace(t: TestContext, change: Partial<RuntimeOptions> = {}): Promise<Place> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const wheels = join(folder, 'wheels');
  await mkdir(wheels);
  const nodeEnvironment = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: wheels };
  const start = async (): Promise<TestNode> => {
    const node = await startNode(folder, { nodeEnvironment, ...change });
    after(() => node.component.stop(AbortSignal.timeout(5_000)));
    return node;
  };
  const again = async (): Promise<TestNode> => {
    await first.component.stop(AbortSignal.timeout(5_000));
    return start();
  };
  const first = await start();
  return { ...first, folder, wheels, again };
}

function settled(node: Pick<TestNode, 'runtime'>, id: string): Promise<DeploymentView> {
  return until(node.runtime, id, ({ status }) => status === 'healthy' || status === 'failed');
}

async function healthy(node: Pick<TestNode, 'runtime'>, id: string): Promise<DeploymentView> {
  const view = await settled(node, id);
  assert.equal(view.status, 'healthy', view.details.error);
  return view;
}

async function ask(node: Pick<TestNode, 'registry'>, agentId: string): Promise<unknown> {
  const [event] = await call(node, agentId, 'tell', { parts: [{ data: {} }] });
  assert.ok(event?.kind === 'artifact', JSON.stringify(event));
  const [part] = event.artifact.parts;
  return part && 'data' in part ? part.data : part;
}

function pythonAgent(name: string, files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const manifest = `name: ${name}\nversion: 1.0.0\nruntime: python3.11\nexports:\n  - {name: tell, type: function, handler: agent.tell}\n`;
  return { 'agent.yaml': manifest, ...files };
}

const tellsWord = `
import sys
import greeting

def tell(request):
    return {"word": greeting.word, "inside": sys.prefix != sys.base_prefix}
`;

function environmentsOf({ folder }: Place): Promise<readonly string[]> {
  return readdir(join(folder, 'environments')).catch(() => []);
}

test('what a Python package asks for is installed, it runs inside, and others with the same wishes share it', {
  ...options,
  ...requires('pip'),
}, async (t) => {
  const place = await startPlace(t);
  makeWheel({ folder: place.wheels, name: 'greeting', code: 'word = "hello"' });
  const files = { 'agent.py': tellsWord, 'requirements.txt': 'greeting == 1.0  # the words\n' };
  const one = await writePackage(place.folder, 'one', pythonAgent('one', files));
  const two = await writePackage(
    place.folder,
    'two',
    pythonAgent('two', { ...files, 'requirements.txt': 'greeting == 1.0' }),
  );
  await Promise.all([
    place.runtime.deploy({ source: one, deploymentId: 'one-1' }),
    place.runtime.deploy({ source: two, deploymentId: 'two-1' }),
  ]);
  const views = await Promise.all([healthy(place, 'one-1'), healthy(place, 'two-1')]);
  for (const { warnings } of views) assert.deepEqual(warnings, []);
  for (const agent of ['one', 'two']) assert.deepEqual(await ask(place, agent), { word: 'hello', inside: true });
  assert.equal((await environmentsOf(place)).length, 1);
  const lines = ['one-1', 'two-1'].flatMap((id) => place.runtime.logs(id, 0, 100));
  assert.ok(lines.some(({ workerId, message }) => workerId === 'install' && message.includes('greeting-1.0')));
  await place.runtime.deploy({ source: one, deploymentId: 'one-2', organization: 'another' });
  await healthy(place, 'one-2');
  assert.equal((await environmentsOf(place)).length, 2);
});

test('a node that starts again uses what it has installed, and makes anew what it had not finished', {
  ...options,
  ...requires('pip'),
}, async (t) => {
  const place = await startPlace(t);
  makeWheel({ folder: place.wheels, name: 'greeting', code: 'word = "hello"' });
  const files = pythonAgent('one', { 'agent.py': tellsWord, 'requirements.txt': 'greeting' });
  await place.runtime.deploy({ source: await writePackage(place.folder, 'one', files), deploymentId: 'one-1' });
  await healthy(place, 'one-1');
  const [key = ''] = await environmentsOf(place);
  await rm(join(place.folder, 'environments', key, '.complete'));
  const second = await place.again();
  await healthy(second, 'one-1');
  assert.ok(second.runtime.logs('one-1', 0, 100).some(({ workerId }) => workerId === 'install'));
  await second.component.stop(AbortSignal.timeout(5_000));
  await rm(place.wheels, { recursive: true });
  const third = await place.again();
  await healthy(third, 'one-1');
  assert.deepEqual(await ask(third, 'one'), { word: 'hello', inside: true });
});

test('a program that asks for Python runs inside, too', { ...options, ...requires('pip') }, async (t) => {
  const place = await startPlace(t);
  makeWheel({ folder: place.wheels, name: 'greeting', code: 'word = "hello"' });
  const source = await writePackage(place.folder, 'program', {
    'agent.yaml':
      'name: program\nversion: 1.0.0\nruntime: process\ncommand: ["{python}", main.py]\ndependencies: [greeting==1.0]\ncapabilities: [tell]\n',
    'main.py': 'import json, greeting\nprint(json.dumps({"word": greeting.word}))\n',
  });
  await place.runtime.deploy({ source, deploymentId: 'program-1' });
  await healthy(place, 'program-1');
  assert.deepEqual(await ask(place, 'program'), { word: 'hello' });
});

test('an installation that fails says what to do, with the last lines of pip, and leaves nothing', {
  ...options,
  ...requires('pip'),
}, async (t) => {
  const place = await startPlace(t);
  const files = pythonAgent('one', { 'agent.py': tellsWord, 'requirements.txt': 'greeting==7.0' });
  await place.runtime.deploy({ source: await writePackage(place.folder, 'one', files), deploymentId: 'one-1' });
  const { status, message = '', details } = await settled(place, 'one-1');
  assert.equal(status, 'failed');
  assert.match(message, /dependencies of one@1\.0\.0 cannot be installed .*details\.error/);
  assert.equal(message.includes('\n'), false);
  assert.match(details.error ?? '', /No matching distribution found for greeting==7\.0/);
  assert.ok(place.runtime.logs('one-1', 0, 100).some((line) => line.message.includes('greeting==7.0')));
  assert.deepEqual(await environmentsOf(place), []);
});

test('a source distribution is built only with allowBuild', { ...options, ...requires('pip') }, async (t) => {
  const place = await startPlace(t);
  const touched = makeSource(place.wheels, 'greeting');
  const files = pythonAgent('one', { 'agent.py': tellsWord, 'requirements.txt': 'greeting' });
  const source = await writePackage(place.folder, 'one', files);
  await place.runtime.deploy({ source, deploymentId: 'one-1' });
  assert.equal((await settled(place, 'one-1')).status, 'failed');
  assert.equal(existsSync(touched), false, 'code of the distribution was run');
  await place.runtime.deploy({ source, deploymentId: 'one-2', allowBuild: true });
  await healthy(place, 'one-2');
  assert.deepEqual(await ask(place, 'one'), { word: 'built', inside: true });
});

test('an installer that takes too long is ended', { ...options, ...requires('pip') }, async (t) => {
  const place = await startPlace(t, { environments: { installTimeoutMs: 1 } });
  const files = pythonAgent('one', { 'agent.py': tellsWord, 'requirements.txt': 'greeting' });
  await place.runtime.deploy({ source: await writePackage(place.folder, 'one', files), deploymentId: 'one-1' });
  const { message } = await settled(place, 'one-1');
  assert.match(message ?? '', /longer than 0\.001 s/);
});

test('what a package uses without asking for it is named when it cannot be installed', {
  ...options,
  ...requires('pip'),
}, async (t) => {
  const place = await startPlace(t);
  const bare = join(place.folder, 'bare');
  execFileSync('python3', ['-m', 'venv', bare]);
  const node = await restartWith(t, place, join(bare, 'bin', 'python'));
  const files = pythonAgent('one', { 'agent.py': 'import fastapi\n\ndef tell(request):\n    return {}\n' });
  await node.runtime.deploy({ source: await writePackage(place.folder, 'one', files), deploymentId: 'one-1' });
  const { status, message = '' } = await settled(node, 'one-1');
  assert.equal(status, 'failed');
  assert.match(message, /base environment .*fastapi.* cannot be installed .*workers\.python.*PIP_INDEX_URL/);
});

async function restartWith(t: TestContext, place: Place, python: string): Promise<TestNode> {
  await place.component.stop(AbortSignal.timeout(5_000));
  const nodeEnvironment = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: place.wheels };
  const interpreters = { node: process.execPath, python };
  const node = await startNode(place.folder, { nodeEnvironment, interpreters });
  t.after(() => node.component.stop(AbortSignal.timeout(5_000)));
  return node;
}

test('a package that imports from the base environment gets it, behind its own packages', {
  timeout: 300_000,
  ...requires('pip', 'index'),
}, async (t) => {
  const place = await startPlace(t, { nodeEnvironment: process.env });
  makeWheel({ folder: place.wheels, name: 'websockets', code: 'word = "its own"' });
  const code = `
import fastapi, grpc, websockets
from google import protobuf

def tell(request):
    return {"own": websockets.word, "base": [fastapi.__name__, grpc.__name__, protobuf.__name__]}
`;
  const wheel = `websockets @ file://${join(place.wheels, 'websockets-1.0-py3-none-any.whl')}`;
  const files = pythonAgent('one', { 'agent.py': code, 'requirements.txt': wheel });
  const source = await writePackage(place.folder, 'one', files);
  await place.runtime.deploy({ source, deploymentId: 'one-1', allowBuild: true });
  await healthy(place, 'one-1');
  assert.deepEqual(await ask(place, 'one'), { own: 'its own', base: ['fastapi', 'grpc', 'google.protobuf'] });
  assert.deepEqual((await environmentsOf(place)).map((key) => key.split('-')[0]).sort(), ['base', 'python']);
});

test('a package that asks for nothing gets no environment', { ...options, ...requires('python3') }, async (t) => {
  const place = await startPlace(t);
  const files = pythonAgent('one', {
    'agent.py': 'import json\n\ndef tell(request):\n    return {"is": "here"}\n',
    'requirements.txt': '# nothing\n',
  });
  await place.runtime.deploy({ source: await writePackage(place.folder, 'one', files), deploymentId: 'one-1' });
  await healthy(place, 'one-1');
  assert.deepEqual(await ask(place, 'one'), { is: 'here' });
  assert.deepEqual(await environmentsOf(place), []);
});

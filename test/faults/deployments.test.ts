import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { hasCode } from '../../src/base/index.ts';
import {
  call,
  createAfter,
  createFolder,
  createInvocation,
  startNode,
  type TestNode,
  until,
  untilHealthy,
  writePackage,
} from './runtime-fixture.ts';

const options = { timeout: 60_000 };

interface Place extends TestNode {
  readonly folder: string;
}

async function startPlace(t: TestContext): Promise<Place> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const node = await startNode(folder);
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  return { ...node, folder };
}

function agentFiles(version: string, code: string): Readonly<Record<string, string>> {
  const exports = 'exports:\n  - {name: say, type: function, handler: agent.say}\n';
  return {
    'agent.yaml': `name: speaker\nversion: ${version}\nruntime: node24\n${exports}`,
    'agent.js': code,
  };
}

const first = agentFiles('1.0.0', "export const say = () => 'first';");
const second = agentFiles('2.0.0', "export const say = () => 'second';");
const broken = agentFiles('3.0.0', "import './nowhere.js'; export const say = () => 'never';");

async function said(node: TestNode): Promise<unknown> {
  const [event] = await call(node, 'speaker', 'say');
  return event?.kind === 'artifact' ? event.artifact.parts : event;
}

test('a new deployment of an agent takes over when it is healthy, and the old one ends', options, async (t) => {
  const place = await startPlace(t);
  await place.runtime.deploy({ source: await writePackage(place.folder, 'one', first), deploymentId: 'one' });
  await untilHealthy(place.runtime, 'one');
  await place.runtime.deploy({ source: await writePackage(place.folder, 'two', second), deploymentId: 'two' });
  assert.deepEqual(await said(place), [{ text: 'first' }]);
  await untilHealthy(place.runtime, 'two');
  await until(place.runtime, 'one', ({ status }) => status === 'stopped');
  assert.deepEqual(await said(place), [{ text: 'second' }]);
  assert.equal(place.runtime.get('speaker').id, 'two');
  assert.deepEqual(place.registry.resolve('speaker').listing.deployments, ['two']);
});

test('a deployment that fails leaves the old one in its place', options, async (t) => {
  const place = await startPlace(t);
  await place.runtime.deploy({ source: await writePackage(place.folder, 'one', first), deploymentId: 'one' });
  await untilHealthy(place.runtime, 'one');
  await place.runtime.deploy({ source: await writePackage(place.folder, 'three', broken), deploymentId: 'three' });
  const failed = await until(place.runtime, 'three', ({ status }) => status === 'failed');
  assert.match(failed.message ?? '', /nowhere/);
  assert.equal(place.runtime.get('speaker').id, 'one');
  assert.deepEqual(await said(place), [{ text: 'first' }]);
});

test('the same deployment id with another package is replaced under its id', options, async (t) => {
  const place = await startPlace(t);
  const { runtime } = place;
  await runtime.deploy({ source: await writePackage(place.folder, 'one', first), deploymentId: 'same' });
  await untilHealthy(runtime, 'same');
  await runtime.deploy({ source: await writePackage(place.folder, 'three', broken), deploymentId: 'same' });
  const kept = await until(runtime, 'same', ({ message }) => message?.startsWith('Its replacement failed') ?? false);
  assert.equal(kept.packageId, 'speaker@1.0.0');
  assert.deepEqual(await said(place), [{ text: 'first' }]);
  await runtime.deploy({ source: await writePackage(place.folder, 'two', second), deploymentId: 'same' });
  await until(runtime, 'same', ({ packageId, status }) => packageId === 'speaker@2.0.0' && status === 'healthy');
  assert.deepEqual(await said(place), [{ text: 'second' }]);
  assert.equal(runtime.list().length, 1);
});

test('a call that holds its place while the deployment is replaced is served by the new one', options, async (t) => {
  const place = await startPlace(t);
  await place.runtime.deploy({ source: await writePackage(place.folder, 'one', first), deploymentId: 'one' });
  await untilHealthy(place.runtime, 'one');
  const slot = place.registry.select('speaker');
  await place.runtime.deploy({ source: await writePackage(place.folder, 'two', second), deploymentId: 'two' });
  await until(place.runtime, 'one', ({ status }) => status === 'stopped');
  assert.ok(slot);
  const events = slot.endpoint.executor.execute(createInvocation('speaker', 'say'));
  for await (const event of events) {
    if (event.kind === 'artifact') assert.deepEqual(event.artifact.parts, [{ text: 'second' }]);
    else assert.deepEqual(event, { kind: 'end', state: 'completed' });
  }
  slot.release();
});

test('ids that are taken, reserved or malformed are refused before anything is written', options, async (t) => {
  const place = await startPlace(t);
  const source = await writePackage(place.folder, 'one', first);
  await place.runtime.deploy({ source, deploymentId: 'one' });
  const conflict = (thrown: unknown): boolean => hasCode(thrown, 'CONFLICT');
  await assert.rejects(place.runtime.deploy({ source, agentId: 'one' }), conflict);
  await assert.rejects(place.runtime.deploy({ source, deploymentId: 'speaker' }), conflict);
  await assert.rejects(place.runtime.deploy({ source, agentId: 'other', deploymentId: 'one' }), conflict);
  await assert.rejects(place.runtime.deploy({ source, agentId: 'health' }), conflict);
  const invalid = (thrown: unknown): boolean => hasCode(thrown, 'VALIDATION_FAILED');
  await assert.rejects(place.runtime.deploy({ source, agentId: 'a/b' }), invalid);
  await assert.rejects(place.runtime.deploy({ source, replicas: 0 }), invalid);
  assert.deepEqual(
    place.runtime.list().map(({ id }) => id),
    ['one'],
  );
  assert.throws(
    () => place.runtime.get('nobody'),
    (thrown) => hasCode(thrown, 'NOT_FOUND'),
  );
});

test('a restart renews a healthy worker without a gap, and brings back what was stopped', options, async (t) => {
  const place = await startPlace(t);
  const { runtime } = place;
  await runtime.deploy({ source: await writePackage(place.folder, 'one', first), deploymentId: 'one' });
  const before = (await untilHealthy(runtime, 'one')).workers[0]?.pid;
  await runtime.restart('one');
  const renewed = await until(
    runtime,
    'one',
    ({ workers }) => workers[0]?.pid !== before && workers[0]?.state === 'ready',
  );
  assert.equal(renewed.status, 'healthy');
  assert.equal((await runtime.stop('one')).status, 'stopped');
  assert.equal(place.registry.select('speaker'), undefined);
  await runtime.restart('one');
  await untilHealthy(runtime, 'one');
  assert.deepEqual(await said(place), [{ text: 'first' }]);
});

test(
  'a deploy that is not accepted yet when the node begins to stop is refused, and starts nothing',
  options,
  async (t) => {
    const place = await startPlace(t);
    const source = await writePackage(place.folder, 'one', first);
    const deploying = place.runtime.deploy({ source, deploymentId: 'one' });
    const stopping = place.component.stop(AbortSignal.timeout(5_000));
    await assert.rejects(deploying, (thrown) => hasCode(thrown, 'UNAVAILABLE'));
    await stopping;
    assert.deepEqual(place.runtime.list(), []);
  },
);

const programFiles = {
  'agent.yaml': [
    'name: program',
    'version: 1.0.0',
    'runtime: process',
    'command: ["{python}", "-u", "program.py"]',
    'exports:',
    '  - {name: sum}',
    '  - {name: fail}',
    '  - {name: crash}',
    '  - {name: sleep}',
    '',
  ].join('\n'),
  'program.py': `
import json, subprocess, sys, time
request = json.load(sys.stdin)
action = request["action"]
if action == "sum":
    print(json.dumps({"sum": sum(request["numbers"])}))
elif action == "fail":
    print(json.dumps({"status": "error", "message": "there is nothing to add"}))
elif action == "crash":
    sys.exit("no such file")
else:
    print("asleep", file=sys.stderr)
    time.sleep(600)
`,
};

async function startProgram(t: TestContext): Promise<Place> {
  const place = await startPlace(t);
  const source = await writePackage(place.folder, 'program', programFiles);
  await place.runtime.deploy({ source, deploymentId: 'program-1' });
  const view = await until(place.runtime, 'program-1', ({ status }) => status === 'healthy' || status === 'failed');
  assert.equal(view.status, 'healthy', view.message);
  return place;
}

test('a program answers each call from a process of its own', options, async (t) => {
  const place = await startProgram(t);
  const parts = [{ data: { numbers: [1, 2, 3] } }];
  const [artifact, end] = await call(place, 'program', 'sum', { parts });
  assert.deepEqual(artifact?.kind === 'artifact' && artifact.artifact.parts, [{ data: { sum: 6 } }]);
  assert.deepEqual(end, { kind: 'end', state: 'completed' });
});

test("a program's error and its exit are failures with their reason", options, async (t) => {
  const place = await startProgram(t);
  const failed = (text: string) => [{ kind: 'end', state: 'failed', parts: [{ text }] }];
  assert.deepEqual(await call(place, 'program', 'fail'), failed('there is nothing to add'));
  assert.deepEqual(await call(place, 'program', 'crash'), failed('The program exited with code 1: no such file'));
  await assert.rejects(call(place, 'program', 'fly'), (thrown) => hasCode(thrown, 'SKILL_NOT_FOUND'));
});

test('a cancelled program is ended', options, async (t) => {
  const place = await startProgram(t);
  const abort = new AbortController();
  const events = call(place, 'program', 'sleep', { signal: abort.signal });
  const follow = new AbortController();
  for await (const { message } of place.runtime.followLogs('program-1', 0, follow.signal)) {
    if (message === 'asleep') break;
  }
  abort.abort();
  assert.deepEqual(await events, [{ kind: 'end', state: 'canceled' }]);
});

test('a Python package runs, and its prints are in the logs', options, async (t) => {
  const place = await startPlace(t);
  const source = await writePackage(place.folder, 'snake', {
    'agent.yaml':
      'name: snake\nversion: 1.0.0\nruntime: {python: ">=3.8"}\nexports:\n  - {name: hiss, type: function, handler: agent.hiss}\n',
    'agent.py': 'print("loaded")\n\nasync def hiss(request):\n    return {"heard": request}\n',
  });
  await place.runtime.deploy({ source, deploymentId: 'snake-1' });
  await untilHealthy(place.runtime, 'snake-1');
  const [event] = await call(place, 'snake', 'hiss', { parts: [{ text: 'hello' }] });
  assert.deepEqual(event?.kind === 'artifact' && event.artifact.parts, [{ data: { heard: { text: 'hello' } } }]);
  const lines = place.runtime.logs('snake-1', 0, 10);
  assert.ok(lines.some(({ message, stream }) => message === 'loaded' && stream === 'stdout'));
});

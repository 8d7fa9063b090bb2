import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DeploymentView, RuntimeOptions, UidSettings } from '../../src/runtime/index.ts';
import { makeSource } from '../support/python-wheel.ts';
import { requires } from '../support/requires.ts';
import { call, createAfter, createFolder, startNode, type TestNode, until, writePackage } from './runtime-fixture.ts';

/** Only root can start processes as others. CI is root. */
const asRoot =
  process.getuid?.() === 0
    ? { timeout: 120_000, ...requires('procfs', 'pip') }
    : { skip: 'needs root: only root can run builds as other users' };

/** One that others may run, too. */
const interpreters = { node: process.execPath, python: '/usr/bin/python3' };
const uids: UidSettings = { mode: 'require', first: 50_000, count: 10_000 };

interface Yard extends TestNode {
  readonly folder: string;
  /** What the build of the dependency makes when it may write where the node may. */
  readonly touched: string;
}

/** A node whose packages depend on a module that has to be built. */
async function openYard(t: TestContext, change: Partial<RuntimeOptions> = {}): Promise<Yard> {
  const after = createAfter(t);
  const [folder, sources] = [await createFolder(after), await createFolder(after)];
  chmodSync(sources, 0o755);
  const touched = makeSource(sources, 'greeting');
  const nodeEnvironment = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: sources };
  const node = await startNode(folder, {
    nodeEnvironment,
    containment: { dataFolder: folder, uids },
    interpreters,
    ...change,
  });
  after(() => node.component.stop(AbortSignal.timeout(5_000)));
  return { ...node, folder, touched };
}

async function build({ runtime, folder }: Yard, id: string): Promise<DeploymentView> {
  const source = await writePackage(folder, id, {
    'agent.yaml': `name: ${id}\nversion: 1.0.0\nruntime: python3.11\nexports:\n  - {name: tell, handler: agent.tell}\n`,
    'agent.py': 'import greeting, os\n\ndef tell(request):\n    return {"built": greeting.uid, "runs": os.getuid()}\n',
    'requirements.txt': 'greeting',
  });
  await runtime.deploy({ source, deploymentId: `${id}-1`, allowBuild: true });
  return until(runtime, `${id}-1`, ({ status }) => status === 'healthy' || status === 'failed');
}

async function tell(yard: Yard, agent: string): Promise<Record<string, unknown>> {
  const [first] = await call(yard, agent, 'tell', { parts: [{ data: {} }] });
  assert.ok(first?.kind === 'artifact', JSON.stringify(first));
  const [part] = first.artifact.parts;
  assert.ok(part && 'data' in part);
  return part.data as Record<string, unknown>;
}

function ownersBelow(folder: string): readonly number[] {
  const paths = [folder, ...readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)))];
  return [...new Set(paths.map((path) => lstatSync(path).uid))];
}

test(
  'as root, what a deployment depends on is built as its own user, and by no other deployment used',
  asRoot,
  async (t) => {
    const yard = await openYard(t);
    for (const id of ['one', 'two']) {
      const { status, details } = await build(yard, id);
      assert.equal(status, 'healthy', details.error);
      const { built, runs } = await tell(yard, id);
      assert.ok(Number(built) >= uids.first);
      assert.equal(built, runs);
    }
    assert.equal(existsSync(yard.touched), false, 'the build wrote where only the node may');
    assert.equal(readdirSync(join(yard.folder, 'environments')).length, 2);
    assert.deepEqual(ownersBelow(join(yard.folder, 'environments')), [0], "what was built is the node's own again");
  },
);

test('an installer that eats memory is ended, and says so', asRoot, async (t) => {
  const yard = await openYard(t, { environments: { installMemoryBytes: 1 } });
  const { status, message = '' } = await build(yard, 'one');
  assert.equal(status, 'failed');
  assert.match(message, /used \d+ MB of 1 MB of memory and was killed/);
});

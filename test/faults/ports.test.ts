import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { DeploymentView } from '../../src/runtime/index.ts';
import {
  createAfter,
  createFolder,
  startNode,
  type TestNode,
  until,
  untilHealthy,
  writePackage,
} from './runtime-fixture.ts';

const range = { first: 22_900, last: 22_901, host: '127.0.0.1', reserved: [] };

interface Harbour {
  node: TestNode;
  deploy(name: string): Promise<DeploymentView['ports']>;
  restart(name: string): Promise<DeploymentView['ports']>;
  /** The node goes down and comes up again. */
  again(): Promise<void>;
}

/** A node with ports for two deployments. */
async function openHarbour(t: TestContext): Promise<Harbour> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const start = async (): Promise<TestNode> => {
    const node = await startNode(folder, { ports: range });
    after(() => node.component.stop(AbortSignal.timeout(5_000)));
    return node;
  };
  const portsOf = async (name: string): Promise<DeploymentView['ports']> => {
    return (await untilHealthy(harbour.node.runtime, name)).ports;
  };
  const harbour: Harbour = {
    node: await start(),
    async deploy(name) {
      const source = await writePackage(folder, name, {
        'agent.yaml': `name: ${name}-agent\nversion: 1.0.0\nruntime: node24\nexports: [{name: say, handler: agent.say}]\n`,
        'agent.js': 'export const say = () => 1;\n',
      });
      await harbour.node.runtime.deploy({ source, deploymentId: name });
      return portsOf(name);
    },
    async restart(name) {
      await harbour.node.runtime.restart(name);
      return portsOf(name);
    },
    async again() {
      await harbour.node.component.stop(AbortSignal.timeout(5_000));
      harbour.node = await start();
    },
  };
  return harbour;
}

test('a stopped deployment keeps its ports until others need them; the first that was stopped gives them up', async (t) => {
  const harbour = await openHarbour(t);
  const [one, two] = [await harbour.deploy('one'), await harbour.deploy('two')];
  assert.notDeepEqual(one, two);
  await harbour.node.runtime.stop('one');
  await harbour.node.runtime.stop('two');
  assert.deepEqual(await harbour.restart('one'), one);
  await harbour.node.runtime.stop('one');
  assert.deepEqual(await harbour.deploy('three'), two);
  assert.deepEqual(await harbour.restart('one'), one);
  await harbour.node.runtime.restart('two');
  const { message = '' } = await until(harbour.node.runtime, 'two', ({ status }) => status === 'failed');
  assert.match(message, /No port from 22900 to 22901 is free/);
  await harbour.node.runtime.stop('one');
  assert.deepEqual(await harbour.restart('two'), one);
});

test('after a restart of the node those that run have their ports, and not those that gave them up', async (t) => {
  const harbour = await openHarbour(t);
  const [one, two] = [await harbour.deploy('one'), await harbour.deploy('two')];
  await harbour.node.runtime.stop('one');
  assert.deepEqual(await harbour.deploy('three'), one);
  await harbour.again();
  const ports = async (id: string): Promise<unknown> => (await untilHealthy(harbour.node.runtime, id)).ports;
  assert.deepEqual([await ports('two'), await ports('three')], [two, one]);
  assert.equal(harbour.node.runtime.get('one').ports, undefined);
});

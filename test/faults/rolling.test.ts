import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startTestNode, type TestNode, untilDeployment } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { createAfter, createFolder, writePackage } from './runtime-fixture.ts';
import { SteadyLoad } from './steady-load.ts';

const agents = ['noder', 'snake', 'shell'];
/** Answers of each agent between two changes. */
const between = Number(process.env['PARLEY_FAULT_CALLS'] ?? 40);

test('deploys, restarts, scaling, weights and rollbacks under load fail no call, and each version is really used', {
  timeout: 240_000,
}, async (t) => {
  const rolling = await startRolling(t);
  const { load } = rolling;
  await load.more(between);
  for (const change of [replace, restart, grow, shrink, goBack, runBeside, moveAll, endBeside]) {
    await Promise.all(agents.map((agent) => change(rolling, agent)));
    await load.more(between);
    assert.deepEqual(load.failed, [], `${change.name} failed calls`);
  }
  await load.stop();
  assert.deepEqual(load.failed, []);
  for (const agent of agents) assert.deepEqual(new Set(load.answers.get(agent)), new Set(['1', '2', '3']), agent);
  t.diagnostic(`${load.done} calls, ${load.failed.length} failed`);
});

interface Rolling {
  readonly folder: string;
  readonly node: TestNode;
  readonly load: SteadyLoad;
}

type Change = (rolling: Rolling, agent: string) => Promise<void>;

async function startRolling(t: TestContext): Promise<Rolling> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const node = await startTestNode();
  after(() => node.close());
  const rolling = { folder, node };
  await Promise.all(agents.map((agent) => deploy(rolling, agent, 1, {})));
  await Promise.all(agents.map((agent) => untilDeployment(node, `${agent}-1`, isHealthy)));
  const load = new SteadyLoad({ url: node.url, agents, callers: 2 });
  after(() => load.stop());
  return { ...rolling, load };
}

const replace: Change = async (rolling, agent) => {
  await deploy(rolling, agent, 2, {});
  await untilDeployment(rolling.node, `${agent}-2`, isHealthy);
  await untilDeployment(rolling.node, `${agent}-1`, ({ status }) => status === 'stopped');
  await rolling.load.more(10);
  assert.deepEqual(new Set(rolling.load.last(agent, 4)), new Set(['2']));
};

const restart: Change = async ({ node }, agent) => {
  const before = (await node.client.deployments.get(agent)).workers.map(({ pid }) => pid);
  await node.client.deployments.restart(agent);
  await untilDeployment(node, `${agent}-2`, ({ workers }) => {
    return agent === 'shell' || workers.every(({ pid, state }) => state === 'ready' && !before.includes(pid));
  });
};

const grow: Change = async ({ node }, agent) => {
  await node.client.changes.scale(agent, 3);
  const ready = agent === 'shell' ? 1 : 3;
  await untilDeployment(node, `${agent}-2`, ({ workers }) => {
    return workers.filter(({ state }) => state === 'ready').length === ready;
  });
};

const shrink: Change = async ({ node }, agent) => {
  await node.client.changes.scale(agent, 1);
  await untilDeployment(node, `${agent}-2`, ({ workers }) => workers.length === 1);
};

const goBack: Change = async ({ node, load }, agent) => {
  const { to } = await node.client.changes.rollback(agent);
  assert.equal(to.key, `${agent}-1`);
  await untilDeployment(node, `${agent}-2`, ({ status }) => status === 'stopped');
  await load.more(10);
  assert.deepEqual(new Set(load.last(agent, 4)), new Set(['1']));
};

const runBeside: Change = async (rolling, agent) => {
  await deploy(rolling, agent, 3, { strategy: 'beside', weight: 0.25 });
  await untilDeployment(rolling.node, `${agent}-3`, isHealthy);
  await waitUntil(`${agent} 3 answers`, () => rolling.load.last(agent, 10).includes('3'));
  assert.equal((await rolling.node.client.deployments.get(`${agent}-1`)).status, 'healthy');
};

const moveAll: Change = async ({ node, load }, agent) => {
  await node.client.changes.setWeights(agent, { [`${agent}-1`]: 0, [`${agent}-3`]: 1 });
  await load.more(10);
  assert.deepEqual(new Set(load.last(agent, 4)), new Set(['3']));
};

/** Without its weight nothing would take the calls: the other one gets it first. */
const endBeside: Change = async ({ node, load }, agent) => {
  await node.client.changes.setWeights(agent, { [`${agent}-1`]: 1 });
  await node.client.deployments.stop(`${agent}-3`);
  await load.more(10);
  assert.deepEqual(new Set(load.last(agent, 4)), new Set(['1']));
};

async function deploy(
  { folder, node }: Pick<Rolling, 'folder' | 'node'>,
  agent: string,
  version: number,
  request: object,
): Promise<void> {
  const source = await writePackage(folder, `${agent}-${version}`, createFiles(agent, version));
  await node.client.deployments.deploy({ source, deploymentId: `${agent}-${version}`, ...request });
}

function createFiles(agent: string, version: number): Readonly<Record<string, string>> {
  const head = `name: ${agent}\nversion: ${version}.0.0\n`;
  const exports = 'exports: [{ name: work, type: function, handler: agent.work }]\n';
  if (agent === 'noder') {
    const code = `import { setTimeout } from 'node:timers/promises';
export async function work() {
  await setTimeout(Math.random() * 30);
  return 'version ${version}';
}
`;
    return { 'agent.yaml': `${head}runtime: node24\n${exports}`, 'agent.js': code };
  }
  if (agent === 'snake') {
    const code = `import asyncio, random
async def work(request):
    await asyncio.sleep(random.random() * 0.03)
    return "version ${version}"
`;
    return { 'agent.yaml': `${head}runtime: {python: ">=3.8"}\n${exports}`, 'agent.py': code };
  }
  const manifest = `${head}runtime: process\ncommand: [sh, agent.sh]\nexports: [{ name: work }]\n`;
  return { 'agent.yaml': manifest, 'agent.sh': `sleep 0.02\nprintf 'version ${version}'\n` };
}

function isHealthy({ status, message }: { readonly status: string; readonly message: string | undefined }): boolean {
  if (status === 'failed') throw new Error(message);
  return status === 'healthy';
}

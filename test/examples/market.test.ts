import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from '../support/project.ts';
import { requires } from '../support/requires.ts';
import { startTestNode, type TestNode } from '../support/test-node.ts';

const program = join(projectFolder, 'bin', 'parley.js');
const steps = readCommands();

test('the story of examples/market goes as it is told', { ...requires('python3'), timeout: 120_000 }, async (t) => {
  const [up = '', ...args] = next('parley up').split(' ').slice(1);
  assert.equal(up, 'up');
  const node = await startTestNode({ args });
  t.after(() => node.close());
  await node.ready;

  const simple = await run(node, next('parley market request "Test data'));
  assert.match(simple.notes, /provider offers to do it at 75\naward 1 goes to provider at 75\n/);
  assert.deepEqual(JSON.parse(simple.said), { words: 8, count: 4, sum: 29, mean: 7.25, min: 3, max: 13 });
  const haggled = await run(node, next('parley market request "Paint'));
  assert.match(haggled.notes, /award 1 goes to provider at 115\.2\n.*executor works on award 1\n/s);

  const list = await run(node, next('parley market list'));
  assert.match(list.said, /completed +1 +provider +at 115\.2 .*Paint the fence/);
  const agents = await run(node, next('parley market agents'));
  for (const role of ['requester', 'provider', 'executor'])
    assert.match(agents.said, new RegExp(`^${role} +${role} +yes`, 'm'));

  const asked = await run(node, next('parley send requester'));
  assert.match(asked.said, /"sum": ?29/);
  const sent = await run(node, next('parley send market'));
  assert.match(sent.said, /"sum": ?27/);

  assert.match(
    await look(node, 'requester', next('curl http://127.0.0.1:8001')),
    /"agent_type":"requester","pending_requests":0/,
  );
  assert.match(await look(node, 'provider', next('curl http://127.0.0.1:8002')), /"communication":"kafka-only"/);
  const done = /^parley_market_completed_tasks_total\{agent="executor"\} 4$/m;
  assert.match(await look(node, 'executor', next('curl http://127.0.0.1:8003')), done);
  assert.match((await run(node, next('parley log read'))).said, /115\.2/);
  assert.deepEqual(steps, []);
});

test('the three agents are on ports one after the other, in the order in which they are deployed', {
  timeout: 60_000,
}, async (t) => {
  const folders = ['requester', 'provider', 'executor'].map((name) => `examples/market/${name}`);
  const node = await startTestNode({ args: folders.flatMap((folder) => ['--deploy', folder]) });
  t.after(() => node.close());
  await node.ready;
  const deployments = await node.client.deployments.list();
  const portOf = (agent: string): number => deployments.find(({ agentId }) => agentId === agent)?.ports?.http ?? 0;
  assert.ok(portOf('requester') < portOf('provider') && portOf('provider') < portOf('executor'));
});

/** The commands of the README, in their order. */
function readCommands(): string[] {
  const text = readFileSync(join(projectFolder, 'examples', 'market', 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.trimEnd().split('\n'));
}

function next(beginning: string): string {
  const command = steps.shift() ?? '';
  assert.ok(command.startsWith(beginning), `the README goes on with "${command}", not with "${beginning}"`);
  return command;
}

interface Ran {
  readonly said: string;
  readonly notes: string;
}

/** As a shell runs it. */
async function run({ url, dataFolder }: TestNode, command: string): Promise<Ran> {
  const script = `parley() { "${process.execPath}" "${program}" "$@"; }; ${command}`;
  const child = spawn('sh', ['-c', script], {
    cwd: projectFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PARLEY_DATA: dataFolder, PARLEY_URL: url, PARLEY_TOKEN: undefined },
  });
  let said = '';
  let notes = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    notes += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${command}\n${said}${notes}`);
  return { said, notes };
}

/** What the agent's own port answers, which on this node is another one. */
async function look({ client }: TestNode, agent: string, command: string): Promise<string> {
  const { pathname } = new URL(command.slice('curl '.length));
  const deployed = (await client.deployments.list()).find(({ agentId }) => agentId === agent);
  const answer = await fetch(`http://127.0.0.1:${deployed?.ports?.http}${pathname}`);
  assert.equal(answer.status, 200);
  return answer.text();
}

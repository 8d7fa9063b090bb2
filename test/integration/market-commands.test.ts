import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { NegotiationView } from '../../src/control/index.ts';
import { projectFolder } from '../support/project.ts';
import { deployHealthy, exampleAgent, runParley, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

let node: TestNode;

// Offers are awaited for a minute: what is asked for stays open.
before(async () => {
  node = await startTestNode({ settings: { market: { enabled: true, offersMs: 60_000 } } });
});

after(() => node.close());

const deploy = (name: string): Promise<unknown> =>
  deployHealthy(node, { source: { kind: 'folder', path: exampleAgent(join('market', name)) } });

const run = (...args: readonly string[]): ReturnType<typeof runParley> =>
  runParley('market', ...args, '--url', node.url, '--token', node.token);

async function json(...args: readonly string[]): Promise<NegotiationView & Record<string, unknown>> {
  const { code, stdout, stderr } = await run(...args, '-o', 'json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as NegotiationView & Record<string, unknown>;
}

test('a request is made with all that can be said of it, listed, shown, and is the same when it is repeated', async () => {
  const said = [
    '--cost',
    '75',
    '--priority',
    '5',
    '--capability',
    'reporting',
    '--deadline',
    '600',
    '--task-id',
    'n-1',
  ];
  const asked = await json(
    'request',
    'Report on it',
    ...said,
    '--budget',
    '90',
    '--data',
    '{"numbers":[1,2]}',
    '--async',
  );
  const { taskId, phase, proposedCost, priority, requiredCapabilities } = asked;
  assert.deepEqual(
    [taskId, phase, proposedCost, priority, requiredCapabilities],
    ['n-1', 'tendered', 75, 5, ['reporting']],
  );
  assert.ok((asked.deadlineAtMs ?? 0) > Date.now() + 500_000);
  const { stdout } = await run('list', '--phase', 'open');
  assert.match(stdout, /^n-1 +tendered +0 +- +- .*Report on it$/m);
  await waitUntil('its record is in the log', async () => {
    const { records } = await node.client.market.show('n-1');
    return records[0]?.offset !== undefined;
  });
  const shown = await run('show', 'n-1');
  assert.match(shown.stdout, /^needs +reporting$/m);
  assert.match(shown.stdout, /task-requests +market +\d:\d+ +yes +description=Report on it/);
  // The budget is nobody's business.
  assert.doesNotMatch(JSON.stringify(await json('show', 'n-1')), /[^0-9]90[^0-9]/);
  const again = await run('request', 'Something else', '--task-id', 'n-1', '--async');
  assert.equal(again.code, 1);
  assert.match(again.stderr, /n-1/);
});

test('who follows a negotiation sees what happens until it is withdrawn', async () => {
  await json('request', 'Wait for it', '--task-id', 'n-2', '--async');
  const following = run('follow', 'n-2', '-o', 'json');
  const gone = await json('withdraw', 'n-2', '--reason', 'no longer needed');
  assert.equal(gone.phase, 'withdrawn');
  const { code, stdout } = await following;
  assert.equal(code, 0);
  const states = stdout.split('\n').map((line) => JSON.parse(line) as NegotiationView);
  assert.deepEqual([states.at(-1)?.phase, states.at(-1)?.message], ['withdrawn', 'no longer needed']);
  const late = await run('withdraw', 'n-2');
  assert.equal(late.code, 1);
});

test('who is interrupted while waiting is told how the request goes on', async (t) => {
  const args = ['market', 'request', 'Wait for it', '--task-id', 'n-4', '--url', node.url, '--token', node.token];
  const child = spawn(process.execPath, [join(projectFolder, 'bin', 'parley.js'), ...args], { stdio: 'pipe' });
  t.after(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await waitUntil('it waits', () => said.includes('task n-4'));
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 130);
  assert.match(said, /"parley market follow n-4" follows it, "parley market withdraw n-4" takes it back/);
  assert.equal((await node.client.market.withdraw('n-4')).phase, 'withdrawn');
});

test('a request that is waited for ends with what became of it', async () => {
  const waiting = run('request', 'Paint the fence', '--cost', '500', '--task-id', 'n-3');
  await waitUntil('it is there', () => node.client.market.show('n-3').then(Boolean, () => false));
  await deploy('provider');
  const { code, stdout, stderr } = await waiting;
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /provider refuses: Cost too high/);
  assert.match(stderr, /^failed: /m);
  const { stdout: list } = await run('agents');
  assert.match(list, /^provider +provider +yes/m);
});

test('what is asked wrongly is refused, and says why', async () => {
  const wrong: readonly (readonly [args: readonly string[], code: number, message: RegExp])[] = [
    [['show', 'nowhere'], 1, /nowhere/],
    [['follow', 'nowhere'], 1, /nowhere/],
    [['request', 'x', '--cost', 'much'], 2, /amount/],
    [['request', 'x', '--data', '{'], 2, /JSON/],
    [['request', 'x', '--policy', 'best', '--async'], 2, /lowest-price/],
    [['request', 'x', '--priority', '11', '--async'], 2, /priority/],
    [['list', '--phase', 'sold'], 2, /tendered/],
  ];
  for (const [args, code, message] of wrong) {
    const answer = await run(...args);
    assert.equal(answer.code, code, `${args.join(' ')}: ${answer.stderr}`);
    assert.match(answer.stderr, message);
  }
});

test('the routes are for operators', async () => {
  for (const path of ['negotiations', 'negotiations/n-1', 'negotiations/n-1/follow', 'agents']) {
    assert.equal((await fetch(`${node.url}/api/v1/market/${path}`)).status, 401, path);
  }
  const body = JSON.stringify({ description: 'x' });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${node.url}/api/v1/market/negotiations`, { method: 'POST', body, headers });
  assert.equal(answer.status, 401);
});

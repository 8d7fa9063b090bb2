import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { NegotiationView } from '../../src/control/index.ts';
import { startKafka } from '../support/kafka-server.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { begunTwice, type MarketAgents, writeMarketAgents } from './market-agents.ts';
import { createAfter, writePackage } from './runtime-fixture.ts';

/** As R3 has it. */
const outageMs = Number(process.env['PARLEY_FAULT_OUTAGE_MS'] ?? 30_000);
/** Whoever asks does not wait for the log. */
const slowestRequestMs = 5_000;
/** Long enough for groups to form; who has bid once is waited for no longer than it takes. */
const settings = { market: { enabled: true, offersMs: 10_000 } };
const executors = 2;
/** Of both of them, two at once each. */
const places = 4;
const ended: ReadonlySet<string> = new Set(['completed', 'failed', 'withdrawn']);

/** Who asks, and on which node. */
interface Asker {
  readonly node: TestNode;
  readonly requesterId: string;
  readonly asked: string[];
}

interface Bench {
  /** One on the node of those who bid and work, and one on a node that has nothing but the log in common with it. */
  readonly askers: readonly Asker[];
  readonly agents: MarketAgents;
  /** What is held does not end before this file is there. */
  readonly gate: string;
}

async function createBench(t: TestContext, url: string): Promise<Bench> {
  const after = createAfter(t);
  const folder = await createTestFolder();
  after(() => removeFolder(folder));
  const agents = await writeMarketAgents(folder, { executors });
  const { path } = await writePackage(folder, 'asker', askerFiles());
  const start = async (folders: readonly string[]): Promise<TestNode> => {
    const args = folders.flatMap((source) => ['--deploy', source]);
    const node = await startTestNode({ settings: { ...settings, log: { url } }, args });
    after(() => node.close().catch(() => node.kill()));
    await node.ready;
    return node;
  };
  const [working, apart] = await Promise.all([start(agents.folders), start([path])]);
  const askers = [
    { node: working, requesterId: 'market', asked: [] },
    { node: apart, requesterId: 'asker', asked: [] },
  ];
  return { askers, agents, gate: join(folder, 'open.gate') };
}

/** `market` is an agent of each fabric: others do not take its word from a stranger. */
function askerFiles(): Readonly<Record<string, string>> {
  const manifest = `
name: asker
version: 1.0.0
runtime: node24
market: { requester: true }
exports: [{ name: wants, handler: agent.wants }]
`;
  return { 'agent.yaml': manifest, 'agent.js': `export const wants = () => 'work';\n` };
}

/** Each asker puts a piece of work out to tender, which is taken at once. */
async function ask({ askers }: Bench, what: string, gate?: string): Promise<void> {
  const one = async ({ node, requesterId, asked }: Asker): Promise<void> => {
    const taskId = `${requesterId}-${what}-${asked.length + 1}`;
    asked.push(taskId);
    const input = [{ data: { work: taskId, ms: 20, ...(gate !== undefined && { gate }) } }];
    const beganMs = performance.now();
    await node.client.market.request({ taskId, requesterId, description: `Do ${taskId}`, proposedCost: 10, input });
    const tookMs = performance.now() - beganMs;
    assert.ok(tookMs < slowestRequestMs, `${taskId} was taken after ${tookMs} ms`);
  };
  await Promise.all(askers.map(one));
}

async function viewsOf({ askers }: Bench): Promise<readonly NegotiationView[]> {
  const views = askers.map(({ node, asked }) => Promise.all(asked.map((taskId) => node.client.market.show(taskId))));
  return (await Promise.all(views)).flat();
}

/** Work that is under way, work that is awarded and waits for a place, and requests that nobody may have answered yet. */
async function fillUp(bench: Bench): Promise<void> {
  for (let n = 0; n < places; n++) await ask(bench, 'held', bench.gate);
  const isAwarded = ({ awards }: NegotiationView): boolean => awards.length > 0;
  await waitUntil('all places are taken', () => bench.agents.notes().length === places, 60_000);
  await waitUntil('the rest is awarded', async () => (await viewsOf(bench)).every(isAwarded), 60_000);
  for (let n = 0; n < 5; n++) await ask(bench, 'open');
}

interface Outage {
  begin(): unknown;
  end(): unknown;
}

/** What was held ends while the log is away, and more is asked for. */
async function loseLog(bench: Bench, { begin, end }: Outage): Promise<void> {
  await fillUp(bench);
  await begin();
  writeFileSync(bench.gate, '');
  const times = 6;
  for (let n = 0; n < times; n++) {
    await ask(bench, 'new');
    await delay(outageMs / times);
  }
  await end();
}

async function checkAllDone(t: TestContext, bench: Bench): Promise<void> {
  const beganMs = performance.now();
  let views: readonly NegotiationView[] = [];
  const haveEnded = async (): Promise<boolean> => {
    views = await viewsOf(bench);
    return views.every(({ phase }) => ended.has(phase));
  };
  await waitUntil('all negotiations have ended', haveEnded, 90_000);
  const notes = bench.agents.notes();
  assert.deepEqual(begunTwice(notes), []);
  const failed = views.filter(({ phase }) => phase !== 'completed');
  assert.deepEqual(
    failed.map(({ taskId, phase, code, message }) => [taskId, phase, code, message]),
    [],
  );
  const done = notes.flatMap(({ what, work }) => (what === 'end' ? [work] : []));
  assert.deepEqual(done.toSorted(), views.map(({ taskId }) => taskId).toSorted());
  t.diagnostic(`${views.length} completed, ${Math.round(performance.now() - beganMs)} ms after the log was back`);
}

const timeout = 180_000 + outageMs;

test('Kafka stands still in the middle of awards: what is asked for is taken, all of it is done afterwards, and nothing twice', {
  ...requires('kafka'),
  timeout,
}, async (t) => {
  // Topics have fixed names: on a broker of its own no other test bids for this one's work.
  const { url, freeze, thaw } = await startKafka(t);
  const bench = await createBench(t, url);
  await loseLog(bench, { begin: freeze, end: thaw });
  await checkAllDone(t, bench);
});

test('the same with records in a Redis that is killed and started again', {
  ...requires('redis'),
  timeout,
}, async (t) => {
  const { url, kill, restart } = await startRedis(t, { settings: { appendfsync: 'always' } });
  const bench = await createBench(t, url);
  await loseLog(bench, { begin: kill, end: restart });
  await checkAllDone(t, bench);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { findApicurio, startApicurio } from '../../scripts/services/apicurio.ts';
import { freePorts } from '../../scripts/services/free-port.ts';
import { createShortId } from '../../src/base/index.ts';
import type { NegotiationView } from '../../src/control/index.ts';
import { startKafka } from '../support/kafka-server.ts';
import { projectFolder } from '../support/project.ts';
import { confluentPython, requires } from '../support/requires.ts';
import { deployHealthy, exampleAgent, startTestNode, type TestNode } from '../support/test-node.ts';
import { startOriginal } from './original-fleet.ts';

const needed = { ...requires('kafka', 'confluent-kafka', 'python3'), timeout: 180_000 };
const topics = ['task-requests', 'task-responses', 'negotiations', 'task-awards'];

interface Fleet {
  readonly node: TestNode;
  readonly broker: string;
}

/** A broker, and a node with these of the example agents. */
async function startFleet(t: TestContext, market: object, ...agents: readonly string[]): Promise<Fleet> {
  const kafka = await startKafka(t);
  const node = await startTestNode({ settings: { log: { url: kafka.url }, market: { enabled: true, ...market } } });
  t.after(() => node.close());
  for (const agent of agents) await deployExample(node, agent);
  return { node, broker: kafka.url.replace('kafka://', '') };
}

async function deployExample(node: TestNode, name: string): Promise<void> {
  await deployHealthy(node, { source: { kind: 'folder', path: exampleAgent(join('market', name)) } });
}

async function untilEnd({ client }: TestNode, taskId: string): Promise<NegotiationView> {
  let last: NegotiationView | undefined;
  for await (const state of client.market.follow(taskId, AbortSignal.timeout(60_000))) last = state;
  assert.ok(last);
  return last;
}

test('a requester of the original fleet has its work done by our provider and executor', needed, async (t) => {
  const { node, broker } = await startFleet(t, { wire: 'raw' }, 'provider', 'executor');
  const id = `agent-${createShortId()}`;
  const asker = startOriginal('requester', broker, id, 'Test data processing task: 3 5 8', '75');
  t.after(() => asker.stop());
  assert.equal(await asker.ended, '');
  const [asked] = asker.messages;
  const taskId = String(asked?.[1]['task_id']);
  const statuses = asker.about('task-responses', taskId).map(({ status, responder_id }) => [responder_id, status]);
  assert.deepEqual(statuses[0], ['provider', 'ACCEPTED']);
  assert.deepEqual(statuses.at(-1), ['executor', 'COMPLETED']);
  assert.ok(statuses.some(([, status]) => status === 'RUNNING'));
  const done = asker.about('task-responses', taskId).at(-1);
  assert.match(String(done?.['message']), /"sum":16/, 'what came out, in the one field that it knows');
  const seen = await node.client.market.show(taskId);
  assert.equal(seen.requesterId, id);
  assert.equal(seen.phase, 'completed');
});

test('it negotiates with our provider by its own rules, and agrees on a price', needed, async (t) => {
  const { broker } = await startFleet(t, { wire: 'raw' }, 'provider', 'executor');
  const asker = startOriginal('requester', broker, 'agent-001', 'Paint the fence', '120');
  t.after(() => asker.stop());
  assert.equal(await asker.ended, '');
  const taskId = String(asker.messages[0]?.[1]['task_id']);
  // min(120 × 1.2, 150) is dearer than 100: it counters with four fifths, which is not below 30, and is asked to approve.
  const rounds = asker
    .about('negotiations', taskId)
    .map(({ sender_id, offer, approved }) => [sender_id, offer, approved]);
  assert.deepEqual(rounds.slice(0, 3), [
    ['provider', 144, false],
    ['agent-001', 115.2, false],
    ['provider', 115.2, true],
  ]);
  const statuses = asker.about('task-responses', taskId).map(({ status }) => status);
  assert.deepEqual([statuses[0], statuses.at(-1)], ['NEGOTIATING', 'COMPLETED']);

  // It names no price, which the original's provider would die of: ours lets it name one.
  const unpriced = startOriginal('requester', broker, 'agent-004', 'Paint the fence', 'none');
  t.after(() => unpriced.stop());
  assert.equal(await unpriced.ended, '');
  const own = unpriced.about('task-responses', String(unpriced.messages[0]?.[1]['task_id']));
  assert.equal(own.find(({ status }) => status === 'ACCEPTED')?.['message'], 'Task accepted at $50');
});

test(
  'a provider of the original fleet bids for our requests, is awarded, and our executor does the work',
  needed,
  async (t) => {
    const { node, broker } = await startFleet(t, { wire: 'raw' }, 'requester', 'executor');
    const provider = startOriginal('provider', broker, 'agent-002');
    t.after(() => provider.stop());
    const request = { requesterId: 'requester', description: 'Test data processing task: 3 5 8', proposedCost: 75 };
    const { taskId } = await node.client.market.request({ ...request, offersMs: 8_000 });
    const ended = await untilEnd(node, taskId);
    await provider.stop();
    assert.equal(ended.phase, 'completed');
    assert.equal(ended.awards.at(-1)?.providerId, 'agent-002');
    assert.equal(provider.about('task-requests', taskId).length, 1);
    const { records } = await node.client.market.show(taskId);
    // Nobody can vouch for what the original says; what our own say is signed.
    for (const { actorId, isVerified } of records) assert.equal(isVerified, actorId !== 'agent-002', actorId);
  },
);

test(
  'an executor of the original fleet does the work that we awarded, and its word ends the negotiation',
  needed,
  async (t) => {
    const { node, broker } = await startFleet(t, { wire: 'raw' }, 'requester', 'provider');
    const executor = startOriginal('executor', broker, 'agent-003');
    t.after(() => executor.stop());
    const description = 'Test data processing task: 3 5 8';
    const { taskId } = await node.client.market.request({ requesterId: 'requester', description, proposedCost: 75 });
    const ended = await untilEnd(node, taskId);
    await executor.stop();
    assert.deepEqual([ended.phase, ended.message], ['completed', `Task ${taskId} completed successfully by agent-003`]);
    assert.equal(ended.awards.at(-1)?.executorId, 'agent-003');
  },
);

interface PlainRecord {
  readonly topic: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** A negotiation of our three agents, as a client reads it that knows nothing but Kafka and a registry. */
async function tradeAndRead({ node, broker }: Fleet, registry: string): Promise<readonly PlainRecord[]> {
  const request = { requesterId: 'requester', description: 'Test data processing task: 3 5 8', proposedCost: 75 };
  const { taskId } = await node.client.market.request(request);
  assert.equal((await untilEnd(node, taskId)).phase, 'completed');
  const program = join(projectFolder, 'test', 'market', 'plain_consumer.py');
  const args = [program, broker, registry, taskId, ...topics];
  const { stdout } = await promisify(execFile)(confluentPython(), args, { timeout: 60_000 });
  const found = JSON.parse(stdout) as readonly PlainRecord[];
  for (const { headers } of found) assert.ok(headers['parley-record-id']?.startsWith(`${taskId}/`));
  return found;
}

function checkTrade(found: readonly PlainRecord[]): void {
  const valuesOf = (of: string): readonly PlainRecord['value'][] =>
    found.filter(({ topic }) => topic === of).map(({ value }) => value);
  const [request] = valuesOf('task-requests');
  assert.deepEqual([request?.['requester_id'], request?.['proposed_cost']], ['requester', 75]);
  assert.equal(valuesOf('task-awards')[0]?.['provider_id'], 'provider');
  const statuses = valuesOf('task-responses').map(({ status }) => status);
  assert.deepEqual([statuses[0], statuses.at(-1)], ['NEGOTIATING', 'COMPLETED']);
}

test('a plain Kafka client decodes our records by the registry', needed, async (t) => {
  const fleet = await startFleet(t, {}, 'requester', 'provider', 'executor');
  checkTrade(await tradeAndRead(fleet, `${fleet.node.url}/schema-registry`));
});

const withForeignRegistry = { ...requires('kafka', 'confluent-kafka', 'python3', 'apicurio'), timeout: 180_000 };

test('the same holds with a registry that is not ours, and that was empty', withForeignRegistry, async (t) => {
  const [port = 0] = await freePorts(1);
  const server = await startApicurio(findApicurio() ?? '', port);
  t.after(() => void server.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const kafka = await startKafka(t);
  const node = await startTestNode({ settings: { log: { url: kafka.url }, schemaRegistry: { url } } });
  t.after(() => node.close());
  for (const agent of ['requester', 'provider', 'executor']) await deployExample(node, agent);
  checkTrade(await tradeAndRead({ node, broker: kafka.url.replace('kafka://', '') }, url));
  const subjects = await node.client.schemas.list();
  const levels = subjects.map(({ subject, compatibility }) => [subject, compatibility]);
  assert.deepEqual(Object.fromEntries(levels), {
    'negotiations-value': 'FULL',
    'task-awards-value': 'BACKWARD',
    'task-requests-value': 'FORWARD',
    'task-responses-value': 'BACKWARD',
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { checkKafkaSafety } from './check-safety.ts';
import type { KafkaBrokers, KafkaClient } from './port.ts';

function clientOf(describeBrokers: () => Promise<KafkaBrokers>): KafkaClient {
  return { admin: { describeBrokers } } as unknown as KafkaClient;
}

const safe = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'unclean.leader.election.enable': 'false',
};

test('three brokers that wait for one another give no reason to warn', async () => {
  assert.deepEqual(await checkKafkaSafety(clientOf(async () => ({ brokers: 3, settings: safe }))), []);
});

test('too few brokers, too few copies, one that is enough, and a leader that has missed something are each said', async () => {
  const settings = {
    'default.replication.factor': '1',
    'min.insync.replicas': '1',
    'unclean.leader.election.enable': 'true',
  };
  const [copies, inSync, unclean] = await checkKafkaSafety(clientOf(async () => ({ brokers: 3, settings })));
  assert.match(copies ?? '', /default\.replication\.factor/);
  assert.match(inSync ?? '', /min\.insync\.replicas 2/);
  assert.match(unclean ?? '', /unclean/);
  const [few] = await checkKafkaSafety(clientOf(async () => ({ brokers: 1, settings: safe })));
  assert.match(few ?? '', /one broker/);
});

test('settings that are not shown are said to be unknown; brokers that are away are an error', async () => {
  const refuse = (code: 'CONFIG_INVALID' | 'UNAVAILABLE') =>
    clientOf(() => Promise.reject(new ParleyError(code, 'no')));
  assert.match((await checkKafkaSafety(refuse('CONFIG_INVALID')))[0] ?? '', /does not let us/);
  await assert.rejects(checkKafkaSafety(refuse('UNAVAILABLE')));
});

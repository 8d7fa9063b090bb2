import { ParleyError } from '../../base/index.ts';
import type { RedisBridge } from '../../bridge/index.ts';
import type { Log } from '../../log/index.ts';
import { createEmbeddedRegistry, type SchemaRegistry } from '../../log/schema/index.ts';
import type { RemoteAgentView } from '../../registry/index.ts';
import type { CallLetter, DeadLetterService, RecordLetter } from '../../resilience/index.ts';
import type { ApiKeyRecords } from '../../security/index.ts';
import type { TaskRecords } from '../log/task-records.ts';

const callLetter: CallLetter = {
  ...{ kind: 'call', id: 't1', agentId: 'sums', skill: 'add', code: 'OUTCOME_UNKNOWN', reason: 'it was killed' },
  ...{ attempts: 1, contextId: 'c1', correlationId: 'x', owner: 'anonymous', submittedAtMs: 1, failedAtMs: 2 },
};

const recordLetter: RecordLetter = {
  ...{ kind: 'record', id: 'jobs:0:7@sums', group: 'sums', topic: 'jobs', partition: 0, offset: 7, key: 'k1' },
  ...{ code: 'UNAVAILABLE', reason: 'not yet', attempts: 5, publishedAtMs: 1, failedAtMs: 1 },
  ...{ redrivenAtMs: [], isRedriving: false },
};

/** A letter of a task and one of a record are there; another task that is asked for has none. */
export function createDeadLetters({ redriven }: { readonly redriven: string[] }): DeadLetterService {
  const message = { messageId: 'm1', role: 'user' as const, parts: [{ raw: Buffer.from('bytes'), filename: 'a.bin' }] };
  return {
    list: async () => ({ letters: [callLetter, recordLetter], total: 2 }),
    get: async (id) => {
      if (id === recordLetter.id) return { ...recordLetter, headers: {}, value: Buffer.from('seven') };
      const dispatches = [{ atMs: 1, endpointId: 'sums-1', attempt: 1 }];
      return { ...callLetter, message, dispatches, redrivenAtMs: [] };
    },
    redrive: async (id) => {
      if (id !== 't1') throw new ParleyError('NOT_FOUND', `There is no dead letter ${id}.`);
      redriven.push(id);
    },
    discard: async () => {},
  };
}

/** One key is there, of which only the view is asked. */
export function createKeyRecords(): ApiKeyRecords {
  const kept = JSON.stringify({ id: 'k1', subject: 'ci', roles: [], createdAtMs: 1, hash: 'x' });
  return {
    get: async (id) => (id === 'k1' ? kept : undefined),
    put: async () => {},
    remove: async () => {},
    list: async () => [kept],
  };
}

/** An agent that runs elsewhere, and is away. */
export const farAgent: RemoteAgentView = {
  id: 'far',
  agentId: 'far',
  url: 'https://far.example',
  source: 'added',
  status: 'failed',
  reason: 'it is away',
  readAtMs: 1,
};

/** A registry of nothing but one subject with two versions. */
export async function openSchemas(): Promise<SchemaRegistry> {
  const records: string[] = [];
  const registry = createEmbeddedRegistry({
    read: async (after) => records.slice(after),
    append: async (_after, added) => void records.push(...added),
  });
  await registry.register('jobs-value', '{"type":"record","name":"Job","fields":[]}');
  await registry.register('jobs-value', jobSchema);
  return registry;
}

/** A log with one topic, in which one record lies that is text and one that is not. */
export async function openLog(): Promise<Log> {
  const settings = { name: 'jobs', partitions: 1, isCompacted: false };
  const record = { topic: 'jobs', partition: 0, timestampMs: 1, headers: { 'correlation-id': 'c1' } };
  const records = [
    { ...record, offset: 0, key: 'a', value: Buffer.from('text') },
    { ...record, offset: 1, key: undefined, value: Buffer.from([0, 255]) },
  ];
  const log: Partial<Log> = {
    listTopics: async () => [settings],
    describeTopic: async () => ({ ...settings, ranges: [{ partition: 0, beginOffset: 0, endOffset: 2 }] }),
    createTopic: async () => {},
    alterTopic: async () => {},
    describeGroup: async () => [{ topic: 'jobs', partition: 0, committed: undefined, lag: 2 }],
    read: async () => ({ records, nextOffset: 2, endOffset: 2 }),
  };
  return log as Log;
}

/** The newest version of its subject. */
export const jobSchema: string = JSON.stringify({
  type: 'record',
  name: 'Job',
  fields: [{ name: 'id', type: 'string', default: '' }],
});

/** A bridge with one agent, that can be switched, and one letter. */
export function createBridge(): RedisBridge {
  const agent = {
    ...({ id: 'sonnet-1', side: 'redis', on: true, type: 'sonnet', status: 'healthy' } as const),
    ...{ capabilities: ['coding'], lastHeartbeat: '', queueSize: 0 },
  };
  const place = { nodeId: 'n1', replyAgent: 'a2a_bridge-n1', redis: 'redis://127.0.0.1:6379/0' };
  return {
    view: async () => ({ ...place, state: 'ready', agents: [agent] }),
    setSwitch: async (id, on) => ({ ...agent, id, on }),
    letters: async () => [{ kind: 'late', queue: 'a2a_bridge-n1', reason: 'it was given up', atMs: 1, raw: '{}' }],
    discover: async () => [],
    processA2aRequest: async () => {
      throw new ParleyError('UNAVAILABLE', 'No route leads here.');
    },
  };
}

/** The records of one task. */
export function createTaskRecords(): TaskRecords {
  return {
    async *states() {
      const times = { beganAtMs: 1, changedAtMs: 2, hasEnded: true };
      yield { kind: 'task', id: 't1', version: 3, ...times, state: { status: { state: 'completed' } } };
    },
    attach: async (parts) => parts,
    unseal: (log) => log,
    openValue: async (_headers, value) => value,
    erase: async () => ({ keys: 1, tasks: 2, negotiations: 1, open: ['t9'] }),
  };
}

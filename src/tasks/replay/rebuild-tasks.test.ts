import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Log, LogRecord } from '../../log/index.ts';
import { deadLetterCollections, defaultDeadLetterRule } from '../../resilience/index.ts';
import type { Store } from '../../store/index.ts';
import { openSqliteStore } from '../../store/sqlite/index.ts';
import { taskCollectionSchema } from '../documents.ts';
import { taskCollection } from '../events.ts';
import { type RebuiltTasks, rebuildTasks } from './rebuild-tasks.ts';
import { readTaskState } from './task-state-view.ts';

const message = { messageId: 'm1', role: 'user', parts: [{ text: 'go' }] };
const submitted = {
  ...{ type: 'submitted', at: 1, agentId: 'a', owner: 'o', contextId: 'c', skill: 's', message },
  ...{ correlationId: 'x', origin: 'o', path: [] },
};
const dispatched = { type: 'dispatched', at: 2, invocationId: 'i', endpointId: 'a-1', attempt: 1, idempotent: false };
const completed = { type: 'status', at: 3, state: 'completed' };
const life = [submitted, dispatched, completed];

type Written = Pick<LogRecord, 'key' | 'value' | 'headers'>;

/** A record of the relay; the event as JSON, text as it is, null without a value. */
function relayed(taskId: string, sequence: number, event: object | string | null): Written {
  const text = typeof event === 'string' ? event : event === null ? '' : JSON.stringify(event);
  return { key: taskId, value: Buffer.from(text), headers: { entity: `task/${taskId}`, sequence: String(sequence) } };
}

function wholeLife(taskId: string): readonly Written[] {
  return life.map((event, index) => relayed(taskId, index + 1, event));
}

function logOf(...partitions: readonly (readonly Written[])[]): Pick<Log, 'read' | 'describeTopic'> {
  return {
    describeTopic: async () => ({
      ...{ name: 'task-events', partitions: partitions.length },
      ranges: partitions.map(({ length }, partition) => ({ partition, beginOffset: 0, endOffset: length })),
    }),
    async read({ topic, partition, offset = 0, limit }) {
      const all = (partitions[partition] ?? []).map((record, at) => {
        return { topic, partition, offset: at, timestampMs: at, ...record };
      });
      const records = all.slice(offset, offset + limit);
      return { records, nextOffset: offset + records.length, endOffset: all.length };
    },
  };
}

async function rebuild(
  context: TestContext,
  log: Pick<Log, 'read' | 'describeTopic'>,
): Promise<{ readonly rebuilt: RebuiltTasks; readonly store: Store }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-rebuild-'));
  const schema = {
    collections: {
      [taskCollection]: taskCollectionSchema(1_000),
      ...deadLetterCollections(100),
    },
  };
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema });
  context.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const retention = { finishedTaskMs: 1_000_000_000_000_000, deadLetters: defaultDeadLetterRule };
  return { rebuilt: await rebuildTasks({ log, store, retention, onProgress: () => {} }), store };
}

test('events that came twice count once, and what is no event of a task is passed over', async (context) => {
  const stranger = { key: 'k', value: Buffer.from('{}'), headers: { entity: 'other/k', sequence: '1' } };
  const log = logOf([...wholeLife('t1').slice(0, 2), ...wholeLife('t1'), stranger, ...wholeLife('t2')]);
  const { rebuilt, store } = await rebuild(context, log);
  assert.deepEqual(rebuilt, { tasks: 2, ended: 2, events: 6, incomplete: [] });
  assert.equal((await readTaskState(store, 't1'))?.version, 3);
  assert.ok(await store.get(taskCollection, 't2'));
});

test('a task whose later events lie in a partition that is read first is put together', async (context) => {
  const [first, second, third] = wholeLife('t1') as [Written, Written, Written];
  const { rebuilt } = await rebuild(context, logOf([third], [second], [first]));
  assert.deepEqual(rebuilt, { tasks: 1, ended: 1, events: 3, incomplete: [] });
});

test('a task that the log has in part only is named, with what is wanted; the others are whole', async (context) => {
  const parts = [
    ...wholeLife('late').slice(1),
    ...[relayed('hole', 1, submitted), relayed('hole', 3, completed)],
    ...[relayed('large', 1, submitted), relayed('large', 2, null), relayed('large', 3, completed)],
    ...[relayed('broken', 1, submitted), relayed('broken', 2, 'no JSON')],
    relayed('hostile', 1, { ...submitted, message: { ...message, parts: 7 } }),
    relayed('strange', 1, completed),
  ];
  const { rebuilt } = await rebuild(context, logOf([...parts, ...wholeLife('whole')]));
  assert.deepEqual([rebuilt.tasks, rebuilt.ended], [4, 1]);
  assert.deepEqual(
    rebuilt.incomplete.map(({ taskId, reason, wanted }) => [taskId, reason, wanted]),
    [
      ['late', 'begun-earlier', 1],
      ['hole', 'gap', 2],
      ['large', 'omitted', 2],
      ['broken', 'damaged', 2],
      ['hostile', 'damaged', 1],
      ['strange', 'damaged', 1],
    ],
  );
});

import assert from 'node:assert/strict';
import type { Log, LogRecord } from '../../src/log/index.ts';
import { type Store, shardCount } from '../../src/store/index.ts';

const topic = 'task-events';

export interface Relayed {
  readonly events: number;
  readonly records: number;
  /** Those that have a journal. */
  readonly tasks: ReadonlySet<string>;
}

/** Asserts that the topic has each event of each task's journal as it was appended, in the order of its sequence, however often. */
export async function assertAllRelayed(store: Store, log: Log): Promise<Relayed> {
  const journals = await readJournals(store);
  const records = await readTopic(log);
  const relayed = foldRecords(records);
  let count = 0;
  for (const [task, events] of journals) {
    assert.deepEqual(relayed.get(task) ?? [], events, `task ${task} is in the topic as it is in its journal`);
    count += events.length;
  }
  return { events: count, records: records.length, tasks: new Set(journals.keys()) };
}

/** What a consumer has who drops what it has seen: the events of each task; fails when one is passed over. */
function foldRecords(records: readonly LogRecord[]): Map<string, string[]> {
  const tasks = new Map<string, string[]>();
  for (const { key = '', headers, value } of records) {
    const events = tasks.get(key) ?? [];
    tasks.set(key, events);
    const sequence = Number(headers['sequence']);
    assert.ok(sequence <= events.length + 1, `event ${sequence} of task ${key} comes behind event ${events.length}`);
    if (sequence > events.length) events.push(Buffer.from(value ?? []).toString());
  }
  return tasks;
}

async function readJournals(store: Store): Promise<Map<string, string[]>> {
  const tasks = new Map<string, string[]>();
  for (let shard = 0; shard < shardCount; shard++) {
    for (let position = ''; ; ) {
      const page = await store.readShard(shard, position, 1_000);
      if (page.events.length === 0) break;
      position = page.position;
      for (const { kind, key, event } of page.events) {
        if (kind === 'task') tasks.set(key, [...(tasks.get(key) ?? []), event]);
      }
    }
  }
  return tasks;
}

/** All partitions, each in its order. */
async function readTopic(log: Log): Promise<readonly LogRecord[]> {
  const found: LogRecord[] = [];
  for (const { partition, endOffset } of (await log.describeTopic(topic))?.ranges ?? []) {
    for (let offset = 0; offset < endOffset; ) {
      const page = await log.read({ topic, partition, offset, limit: 1_000 });
      found.push(...page.records);
      offset = page.nextOffset;
    }
  }
  return found;
}

/** Resolves when nothing has come to the topic for a while. */
export async function untilQuiet(lengthOf: () => Promise<number>, pause: () => Promise<unknown>): Promise<void> {
  for (let before = -1, now = await lengthOf(); now !== before; ) {
    await pause();
    before = now;
    now = await lengthOf();
  }
}

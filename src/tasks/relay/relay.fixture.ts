import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { createId, type Logger, silentLogger, silentTelemetry, systemClock } from '../../base/index.ts';
import type { Log, LogRecord } from '../../log/index.ts';
import { openSqliteLog } from '../../log/sqlite/index.ts';
import type { Store } from '../../store/index.ts';
import { openSqliteStore } from '../../store/sqlite/index.ts';
import { createRelay, taskEventsTopic } from './relay.ts';
import { relayCollection } from './relay-positions.ts';

/** A store and a log in one folder. */
export async function openBoth(folder: string): Promise<{ readonly store: Store; readonly log: Log }> {
  const schema = { collections: { [relayCollection]: { indexes: [] } } };
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema });
  const log = await openSqliteLog({ file: join(folder, 'log.sqlite'), maxRecordBytes: 100_000 });
  return { store, log };
}

/** A relay that looks often. */
export function fastRelay(
  store: Store,
  log: () => Promise<Log>,
  logger: Logger = silentLogger,
): ReturnType<typeof createRelay> {
  return createRelay({ store, log, logger, clock: systemClock, telemetry: silentTelemetry, idleMs: 5, leaseMs: 600 });
}

/** Appends an event to a task's journal. */
export function appendEvent(store: Store, taskId: string, version: number, padding = ''): Promise<void> {
  const event = JSON.stringify({ type: 'status', at: 1, n: version + 1, correlationId: `c-${taskId}`, padding });
  return store.commit({ key: taskId, append: { kind: 'task', expectedVersion: version, events: [event] } });
}

/** All records of the relay's topic, by task, in their order. */
export async function relayed(log: Log): Promise<ReadonlyMap<string, readonly LogRecord[]>> {
  const byTask = new Map<string, LogRecord[]>();
  const { ranges = [] } = (await log.describeTopic(taskEventsTopic)) ?? {};
  for (const { partition, endOffset } of ranges) {
    for (let offset = 0; offset < endOffset; ) {
      const page = await log.read({ topic: taskEventsTopic, partition, offset, limit: 1_000 });
      for (const record of page.records) {
        byTask.set(record.key ?? '', [...(byTask.get(record.key ?? '') ?? []), record]);
      }
      offset = page.nextOffset;
    }
  }
  return byTask;
}

/** The sequences without those that came again. */
export function firstSequences(records: readonly LogRecord[]): readonly number[] {
  return [...new Set(records.map(({ headers }) => Number(headers['sequence'])))];
}

/** The child that is killed: twenty tasks grow while they are relayed; what is acknowledged is printed. */
async function relayUntilKilled(folder: string): Promise<void> {
  const { store, log } = await openBoth(folder);
  await fastRelay(store, async () => log).start();
  const grow = async (): Promise<never> => {
    const taskId = createId();
    for (let version = 0; ; version++) {
      await appendEvent(store, taskId, version);
      writeSync(1, `${taskId} ${version + 1}\n`);
    }
  };
  await Promise.all(Array.from({ length: 20 }, grow));
}

const [, script, role, folder = ''] = process.argv;
if (script === import.meta.filename && role === 'relay') await relayUntilKilled(folder);

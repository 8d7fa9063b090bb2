import { join } from 'node:path';
import { silentLogger, silentTelemetry, systemClock } from '../../src/base/index.ts';
import { ensureTopic, type Log } from '../../src/log/index.ts';
import { openKafkaLog } from '../../src/log/kafka/index.ts';
import { openRedisLog } from '../../src/log/redis/index.ts';
import { openSqliteLog } from '../../src/log/sqlite/index.ts';
import {
  createDeadLetterService,
  createRecordGroups,
  type DeadLetterService,
  deadLetterCollections,
  type RecordGroups,
} from '../../src/resilience/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';

/** Where the records of one world lie, as a process is told of it. */
export interface WorldPlace {
  readonly folder: string;
  /** Undefined: a file in the folder. */
  readonly url?: string;
}

/** Groups and dead letters over a real log and a real store. */
export interface World {
  readonly log: Log;
  readonly groups: RecordGroups;
  readonly letters: DeadLetterService;
  close(): Promise<void>;
}

/** Tries of a record before it is put aside, quickly. */
export const quick = { attempts: 2, baseMs: 1, multiplier: 1, maxMs: 1 } as const;

/** Opens it as a node does; the topic has three partitions. */
export async function openWorld({ folder, url }: WorldPlace, topic: string): Promise<World> {
  const store = await openSqliteStore({
    file: join(folder, 'store.sqlite'),
    schema: { collections: { ...deadLetterCollections(1_000) } },
  });
  const log = await openLogAt(folder, url);
  await ensureTopic(log, { name: topic, partitions: 3 });
  const ports = { clock: systemClock, logger: silentLogger, telemetry: silentTelemetry };
  const groups = createRecordGroups({ ...ports, store, log: async () => log, rule: { keepMs: 60_000 } });
  const calls = { describe: () => Promise.reject(new Error()), redrive: () => Promise.reject(new Error()) };
  return {
    log,
    groups,
    letters: createDeadLetterService({ store, calls, records: groups.letters }),
    async close() {
      await log.close();
      await store.close();
    },
  };
}

function openLogAt(folder: string, url: string | undefined): Promise<Log> {
  if (url === undefined) return openSqliteLog({ file: join(folder, 'log.sqlite') });
  return url.startsWith('kafka') ? openKafkaLog({ url }) : openRedisLog({ url, prefix: 'letters', sessionMs: 2_000 });
}

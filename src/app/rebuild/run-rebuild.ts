import { existsSync } from 'node:fs';
import { ParleyError, silentLogger, systemClock } from '../../base/index.ts';
import type { Log } from '../../log/index.ts';
import { openSqliteStore } from '../../store/sqlite/index.ts';
import { rebuildTasks, taskEventsTopic } from '../../tasks/index.ts';
import { type ConfigSources, type NodeConfig, resolveConfig } from '../config.ts';
import { type DataFolder, openDataFolder } from '../data-folder.ts';
import { storeSchema } from '../store-schema.ts';
import { openLogReading } from './open-log-reading.ts';
import { type RebuildReport, writeReport } from './rebuild-report.ts';

export interface RebuildOptions {
  /** Says where the log is; the node's store is not touched. */
  readonly sources: ConfigSources;
  /** A folder without a store: a node's data folder afterwards. */
  readonly into: string;
  readonly onProgress: (events: number) => void;
}

/**
 * Rebuilds the state of tasks from the log alone, into the store of a new folder. CONFLICT when there is a store already; NOT_FOUND when there is no
 * log. A folder of a rebuild that was broken off is to be removed.
 */
export async function runRebuild({ sources, into, onProgress }: RebuildOptions): Promise<RebuildReport> {
  const config = resolveConfig(sources);
  const log = await openLogReading(config);
  try {
    const folder = await openDataFolder(into);
    try {
      const report = await rebuildInto(folder, { config, log, onProgress });
      await writeReport(into, report);
      return report;
    } finally {
      await folder.release();
    }
  } finally {
    await log.close();
  }
}

interface Source {
  readonly config: NodeConfig;
  readonly log: Pick<Log, 'read' | 'describeTopic'>;
  readonly onProgress: (events: number) => void;
}

async function rebuildInto(folder: DataFolder, { config, log, onProgress }: Source): Promise<RebuildReport> {
  if (existsSync(folder.storeFile)) {
    const message = `${folder.path} has a store already. Name a folder that is new or empty.`;
    throw new ParleyError('CONFLICT', message, { details: { folder: folder.path } });
  }
  const startedAtMs = systemClock.now();
  const oldestMs = await findOldest(log);
  const store = await openSqliteStore({ file: folder.storeFile, schema: storeSchema(config), logger: silentLogger });
  try {
    const { deadLetters } = config.resilience;
    const retention = { finishedTaskMs: config.tasks.keepFinishedMs, deadLetters };
    const rebuilt = await rebuildTasks({ log, store, retention, onProgress });
    return { startedAtMs, oldestMs, ...rebuilt };
  } finally {
    await store.close();
  }
}

/** Time of the oldest record of what happened to tasks. */
async function findOldest(log: Source['log']): Promise<number | undefined> {
  const { ranges = [] } = (await log.describeTopic(taskEventsTopic)) ?? {};
  const pages = await Promise.all(
    ranges.map(({ partition, beginOffset: offset }) =>
      log.read({ topic: taskEventsTopic, partition, offset, limit: 1 }),
    ),
  );
  const times = pages.flatMap(({ records }) => records.map(({ timestampMs }) => timestampMs));
  return times.length === 0 ? undefined : Math.min(...times);
}

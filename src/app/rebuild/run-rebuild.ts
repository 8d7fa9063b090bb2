import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ParleyError, type StateView, silentLogger, systemClock } from '../../base/index.ts';
import type { Log } from '../../log/index.ts';
import type { SchemaRegistry } from '../../log/schema/index.ts';
import { type RebuiltNegotiations, rebuildNegotiations } from '../../market/replay/index.ts';
import { deriveSigningKey, loadSecret, parsePublicKey } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import { openSqliteStore } from '../../store/sqlite/index.ts';
import { createUnsealedLog, PartyKeys, rebuildTasks, taskEventsTopic } from '../../tasks/index.ts';
import { type ConfigSources, type NodeConfig, resolveConfig } from '../config.ts';
import { type DataFolder, nodeKeyName, openDataFolder } from '../data-folder.ts';
import { resolveFabricKey } from '../nodes/fabric-key.ts';
import { createSchemaParts } from '../schema-parts.ts';
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
 * Rebuilds the state of tasks and negotiations from the log alone, into the store of a new folder. CONFLICT when there is a store already;
 * NOT_FOUND when there is no log. A folder of a rebuild that was broken off is to be removed.
 */
export async function runRebuild({ sources, into, onProgress }: RebuildOptions): Promise<RebuildReport> {
  const config = resolveConfig(sources);
  const stored = await openLogReading(config);
  const parties = await findParties(stored, config);
  const log = createUnsealedLog(stored, parties);
  try {
    const folder = await openDataFolder(into);
    try {
      const report = await rebuildInto(folder, { config, log, parties, onProgress });
      await writeReport(into, report);
      return report;
    } finally {
      await folder.release();
    }
  } finally {
    await stored.close();
  }
}

/** With the key of the node what was sealed is open; without it nothing is, and contents are left out. */
async function findParties(log: Source['log'], config: NodeConfig): Promise<Source['parties']> {
  const key = await findKey(config);
  if (key === undefined) return { find: async () => undefined };
  const refuse = async (): Promise<never> => {
    throw new ParleyError('UNSUPPORTED_OPERATION', 'The log is only read.');
  };
  const readOnly: PartyLog = {
    read: (query) => log.read(query),
    describeTopic: (topic) => log.describeTopic(topic),
    ...{ publish: refuse, createTopic: refuse },
  };
  return new PartyKeys({ log: async () => readOnly, key, clock: systemClock });
}

/** The secret of the node whose log it is. */
async function findKey({ dataFolder, fabric }: NodeConfig): Promise<string | undefined> {
  const nodeKey = await loadSecret(join(dataFolder, nodeKeyName));
  return (await resolveFabricKey(fabric, nodeKey ?? '')) || undefined;
}

type PartyLog = Pick<Log, 'read' | 'describeTopic' | 'publish' | 'createTopic'>;

interface Source {
  readonly config: NodeConfig;
  readonly log: Pick<Log, 'read' | 'describeTopic'>;
  readonly parties: Pick<PartyKeys, 'find'>;
  readonly onProgress: (events: number) => void;
}

async function rebuildInto(folder: DataFolder, source: Source): Promise<RebuildReport> {
  const { config, log, onProgress } = source;
  if (existsSync(folder.storeFile)) {
    const message = `${folder.path} has a store already. Name a folder that is new or empty.`;
    throw new ParleyError('CONFLICT', message, { details: { folder: folder.path } });
  }
  const startedAtMs = systemClock.now();
  const wholeSinceMs = await findWholeSince(log, startedAtMs);
  const store = await openSqliteStore({ file: folder.storeFile, schema: storeSchema(config), logger: silentLogger });
  try {
    const { deadLetters } = config.resilience;
    const retention = { finishedTaskMs: config.tasks.keepFinishedMs, deadLetters };
    const rebuilt = await rebuildTasks({ log, store, retention, onProgress });
    const market = await rebuildMarket(store, { ...source, onProgress: (count) => onProgress(rebuilt.events + count) });
    return { startedAtMs, wholeSinceMs, ...rebuilt, market };
  } finally {
    await store.close();
  }
}

async function rebuildMarket(store: Store, { config, log, parties, onProgress }: Source): Promise<RebuiltNegotiations> {
  const { trustedKeys, requireSigned, keepMs } = config.market;
  const key = await findKey(config);
  const trusted = new Map(Object.entries(trustedKeys).map(([agentId, texts]) => [agentId, texts.map(parsePublicKey)]));
  const own = key === undefined ? undefined : deriveSigningKey(key, 'market').open;
  return withRegistry(config, store, (registry) => {
    const keys = { own, trusted };
    const reading = { log, registry, keys, requireSigned, contents: parties };
    return rebuildNegotiations({ ...reading, store, keepMs, onProgress });
  });
}

/** A registry elsewhere has the schemas still; the node's own was in its store. */
async function withRegistry<T>(
  { schemaRegistry }: NodeConfig,
  store: Store,
  use: (registry: SchemaRegistry | undefined) => Promise<T>,
): Promise<T> {
  if (schemaRegistry.url === undefined) return use(undefined);
  const schemas = createSchemaParts(schemaRegistry, store);
  try {
    return await use(await schemas.open());
  } finally {
    await schemas.close();
  }
}

const marketTopics = ['task-requests', 'task-responses', 'negotiations', 'task-awards'];

async function findWholeSince(log: Source['log'], nowMs: number): Promise<RebuildReport['wholeSinceMs']> {
  const since = async (kind: StateView['kind'], topics: readonly string[]): Promise<object> => {
    const found = (await Promise.all(topics.map((topic) => firstTimes(log, topic, nowMs)))).flat();
    return found.length === 0 ? {} : { [kind]: Math.max(...found) };
  };
  const parts = [await since('task', [taskEventsTopic]), await since('negotiation', marketTopics)];
  return Object.assign({}, ...parts) as RebuildReport['wholeSinceMs'];
}

/** For each partition that has lost records: the time of its oldest one. */
async function firstTimes(log: Source['log'], topic: string, nowMs: number): Promise<readonly number[]> {
  const { ranges = [] } = (await log.describeTopic(topic)) ?? {};
  const cut = ranges.filter(({ beginOffset }) => beginOffset > 0);
  return await Promise.all(
    cut.map(async ({ partition, beginOffset: offset }) => {
      const { records } = await log.read({ topic, partition, offset, limit: 1 });
      return records[0]?.timestampMs ?? nowMs;
    }),
  );
}

import { type Log, type LogRecord, scanTopic } from '../../log/index.ts';
import type { SchemaRegistry } from '../../log/schema/index.ts';
import type { ParsedKey } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import { grow, loadNegotiation, type NegotiationEvent, toCommit } from '../roles/negotiation-journal.ts';
import { type MarketRecord, marketTopics, senderOf } from '../wire/records.ts';
import type { ContentKeys } from '../wire/seal-contents.ts';
import { createReadLogRecord, type ReadLogRecord } from './read-log-record.ts';

export interface RebuildNegotiationsOptions {
  readonly log: Pick<Log, 'read' | 'describeTopic'>;
  /** Without negotiations. */
  readonly store: Pick<Store, 'commit' | 'read'>;
  /** Where schemas are, when they are not in the store that is rebuilt. */
  readonly registry: SchemaRegistry | undefined;
  readonly keys: {
    /** What the fabric's own agents sign with; undefined: their records count as unverified. */
    readonly own: ParsedKey | undefined;
    /** By agent id. */
    readonly trusted: ReadonlyMap<string, readonly ParsedKey[]>;
  };
  readonly requireSigned: boolean;
  /** The keys of those whose contents are sealed in the log. */
  readonly contents: ContentKeys;
  /** How long negotiations are kept. */
  readonly keepMs: number;
  readonly onProgress: (records: number) => void;
}

/** What came of it. */
export interface RebuiltNegotiations {
  readonly negotiations: number;
  readonly records: number;
  /** Records that nobody acts on: they are no messages of the market, or not of whom they say. */
  readonly refused: number;
}

/**
 * Writes the journals of all negotiations into the store, from the market's topics alone. Who belongs to the fabric is seen from who has signed
 * with its key: unsigned records under such a name are refused, as they were when they came.
 */
export async function rebuildNegotiations(options: RebuildNegotiationsOptions): Promise<RebuiltNegotiations> {
  const read = createReadLogRecord(options);
  const own = await findOwnAgents(options, read);
  const keysOf = (agentId: string): readonly ParsedKey[] => options.keys.trusted.get(agentId) ?? own.get(agentId) ?? [];
  const rebuilt = { records: 0, refused: 0 };
  const taskIds = new Set<string>();
  for (const topic of marketTopics) {
    for await (const page of scanTopic(options.log, topic)) {
      const found = await Promise.all(page.map((record) => read(record, keysOf).catch(() => undefined)));
      const records = found.filter((record) => record !== undefined);
      await append(options, records);
      for (const { value } of records) taskIds.add(value.taskId);
      rebuilt.records += records.length;
      rebuilt.refused += page.length - records.length;
      options.onProgress(rebuilt.records);
    }
  }
  return { negotiations: taskIds.size, ...rebuilt };
}

/** The agents that have signed with the fabric's key. */
async function findOwnAgents(
  { log, keys }: RebuildNegotiationsOptions,
  read: ReadLogRecord,
): Promise<ReadonlyMap<string, readonly ParsedKey[]>> {
  const own = new Map<string, readonly ParsedKey[]>();
  const key = keys.own;
  if (key === undefined) return own;
  const look = async (record: LogRecord): Promise<void> => {
    const found = await read(record, () => [key]).catch(() => undefined);
    if (found?.isVerified === true) own.set(senderOf(found), [key]);
  };
  for (const topic of marketTopics) {
    for await (const page of scanTopic(log, topic)) await Promise.all(page.map(look));
  }
  return own;
}

async function append({ store, keepMs }: RebuildNegotiationsOptions, records: readonly MarketRecord[]): Promise<void> {
  const byTask = Map.groupBy(records, ({ value }) => value.taskId);
  await Promise.all(
    [...byTask].map(async ([taskId, own]) => {
      const before = await loadNegotiation(store, taskId);
      const events = own.map((record): NegotiationEvent => ({ type: 'record', record }));
      const nowMs = Math.max(...own.map(({ place, value }) => place?.atMs ?? value.timestamp));
      const after = grow(before, events, nowMs);
      await store.commit(toCommit(before, after, { events, wakeAtMs: null, keepMs, nowMs }));
    }),
  );
}

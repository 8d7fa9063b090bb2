import { ParleyError } from '../../base/index.ts';
import { ensureTopic } from '../ensure-topic.ts';
import type { Log } from '../port.ts';
import type { SchemaStorage } from './port.ts';
import type { RegistryRecord } from './registry-record.ts';

/** Where the log has the schemas of the registry that goes with it. */
export const schemaTopic = '_schemas';

/** On each record of ours: a registry of somebody else may keep its own under the same name. */
const mark: Readonly<Record<string, string>> = { 'parley-registry': '1' };
const pageLimit = 1_000;

type TopicLog = Pick<Log, 'publish' | 'read' | 'describeTopic' | 'createTopic'>;

/** What the topic has of each key, as JSON texts; null: it is gone. */
type Contents = Map<string, string | null>;

/**
 * Brings the topic to what the storage has: what differs is published, until nothing does, whoever else writes meanwhile. CONFLICT, and
 * nothing is written, when the topic is another registry's.
 */
export async function copySchemasToTopic(storage: SchemaStorage, log: TopicLog): Promise<void> {
  await ensureTopic(log, { name: schemaTopic, partitions: 1, isCompacted: true });
  for (;;) {
    const there = await readContents(log);
    const missing = [...foldRecords(await readAll(storage))].filter(
      ([key, value]) => (there.get(key) ?? null) !== value,
    );
    if (missing.length === 0) return;
    for (let from = 0; from < missing.length; from += pageLimit) {
      const records = missing.slice(from, from + pageLimit).map(([key, value]) => {
        return { key, value: value === null ? null : Buffer.from(value), headers: mark };
      });
      await log.publish(schemaTopic, records);
    }
  }
}

/** An empty storage gets what the topic has; one that has anything, or a topic of somebody else, stays as it is. */
export async function restoreSchemasFromTopic(storage: SchemaStorage, log: TopicLog): Promise<void> {
  if ((await storage.read(0)).length > 0 || (await log.describeTopic(schemaTopic)) === undefined) return;
  const contents = await readContents(log);
  const records = [...contents].flatMap(([key, value]): RegistryRecord[] => {
    return value === null ? [] : [{ key: JSON.parse(key), value: JSON.parse(value) }];
  });
  if (records.length === 0) return;
  await storage.append(
    0,
    records.sort((a, b) => idOf(a) - idOf(b)).map((record) => JSON.stringify(record)),
  );
}

/** Versions come in the order in which they were given out. */
function idOf({ key, value }: RegistryRecord): number {
  return key.keytype === 'SCHEMA' && value !== null && 'id' in value ? value.id : 0;
}

async function readAll(storage: SchemaStorage): Promise<readonly RegistryRecord[]> {
  const found: RegistryRecord[] = [];
  for (let page = await storage.read(0); page.length > 0; page = await storage.read(found.length)) {
    found.push(...page.map((text) => JSON.parse(text) as RegistryRecord));
  }
  return found;
}

function foldRecords(records: readonly RegistryRecord[]): Contents {
  return new Map(records.map(({ key, value }) => [JSON.stringify(key), value === null ? null : JSON.stringify(value)]));
}

async function readContents(log: TopicLog): Promise<Contents> {
  const found: Contents = new Map();
  for (let offset = 0; ; ) {
    const page = await log.read({ topic: schemaTopic, partition: 0, offset, limit: pageLimit });
    for (const { key, value, headers } of page.records) {
      if (headers['parley-registry'] === undefined) throw notOurs();
      if (key !== undefined) found.set(key, value === null ? null : Buffer.from(value).toString());
    }
    if (page.nextOffset >= page.endOffset) return found;
    offset = page.nextOffset;
  }
}

function notOurs(): ParleyError {
  const message = `The topic ${schemaTopic} is another registry's. Use that one: set schemaRegistry.url to its address.`;
  return new ParleyError('CONFLICT', message, { details: { topic: schemaTopic } });
}

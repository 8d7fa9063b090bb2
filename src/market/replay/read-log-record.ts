import { hasCode, ParleyError } from '../../base/index.ts';
import type { LogRecord } from '../../log/index.ts';
import type { SchemaRegistry } from '../../log/schema/index.ts';
import { createMarketCodec, type MarketCodec } from '../wire/market-codec.ts';
import { readMarketSchemas } from '../wire/market-schemas.ts';
import { createRecordReader, type SenderTrust } from '../wire/read-record.ts';
import { type MarketRecord, type MarketTopic, marketTopics } from '../wire/records.ts';
import { type ContentKeys, openRecord } from '../wire/seal-contents.ts';

export interface ReadLogRecordOptions {
  readonly registry: SchemaRegistry | undefined;
  readonly requireSigned: boolean;
  readonly contents: ContentKeys;
}

/** Reads records of the market without the store that they were first seen by. */
export type ReadLogRecord = (record: LogRecord, keysOf: SenderTrust['keysOf']) => Promise<MarketRecord>;

/**
 * With a registry values are read by the schemas that they name. Without one, because it went with the store, by what the topic's are: ours,
 * else the original's. Throws as RecordReader does.
 */
export function createReadLogRecord({ registry, requireSigned, contents }: ReadLogRecordOptions): ReadLogRecord {
  const codec = registry === undefined ? createTopicCodec() : createMarketCodec({ registry, wire: 'confluent' });
  return async (record, keysOf) =>
    openRecord(await createRecordReader(codec, { keysOf, requireSigned }).read(record), contents);
}

function createTopicCodec(): Pick<MarketCodec, 'decode'> {
  const schemas = readMarketSchemas();
  const codecOf = (schema: string): MarketCodec =>
    createMarketCodec({ registry: registryOf(schema), wire: 'confluent' });
  const codecs = new Map(
    marketTopics.map((topic) => [
      topic,
      { own: codecOf(schemas[topic].own), original: codecOf(schemas[topic].original ?? schemas[topic].own) },
    ]),
  );
  return {
    async decode(topic: MarketTopic, bytes: Uint8Array) {
      const { own, original } = codecs.get(topic) ?? unknownTopic(topic);
      try {
        return await own.decode(topic, bytes);
      } catch (thrown) {
        if (!hasCode(thrown, 'RECORD_INVALID')) throw thrown;
        return await original.decode(topic, bytes);
      }
    },
  };
}

/** Whatever id a value names, it is this schema. */
function registryOf(schema: string): Parameters<typeof createMarketCodec>[0]['registry'] {
  const refuse = async (): Promise<never> => {
    throw new ParleyError('UNSUPPORTED_OPERATION', 'Nothing is registered while the log is only read.');
  };
  return { getById: async () => schema, register: refuse, listSubjects: refuse, setCompatibility: refuse };
}

function unknownTopic(topic: string): never {
  throw new ParleyError('RECORD_INVALID', `${topic} is no topic of the market.`);
}

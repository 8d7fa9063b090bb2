import { hasCode, isObject, ParleyError } from '../../base/index.ts';
import { createRecordCodec, type RecordEncoder, type SchemaRegistry } from '../../log/schema/index.ts';
import { checkMessage } from './check-message.ts';
import { ensureMarketSubjects, readMarketSchemas } from './market-schemas.ts';
import type { MarketMessage, MarketTopic } from './records.ts';
import { fromWireValue, toWireValue } from './wire-value.ts';

/** How values are written: with the head of Confluent's wire format, or without, as agents of the original read them. */
export type WireForm = 'confluent' | 'raw';

/** Messages to bytes and back. */
export interface MarketCodec {
  /** Registers our schemas, so that what others register afterwards is held against them. The registry's own errors. */
  prepare(): Promise<void>;
  /** Registers our schemas if need be. RECORD_INVALID, SCHEMA_INCOMPATIBLE, and the registry's own errors. */
  encode(message: MarketMessage): Promise<Buffer>;
  /**
   * Reads both forms, and the original's fields as well as ours; fields that we do not know are left out. RECORD_INVALID for what is no
   * such message, SCHEMA_INCOMPATIBLE, NOT_FOUND for a schema that the registry does not have.
   */
  decode(topic: MarketTopic, bytes: Uint8Array): Promise<MarketMessage>;
}

export interface MarketCodecOptions {
  readonly registry: Pick<SchemaRegistry, 'getById' | 'register' | 'listSubjects' | 'setCompatibility'>;
  readonly wire: WireForm;
}

/** Of Confluent's wire format. */
const headBytes = 5;

/** A codec of the market over a registry. */
export function createMarketCodec({ registry, wire }: MarketCodecOptions): MarketCodec {
  const schemas = readMarketSchemas();
  const codec = createRecordCodec(registry);
  let ensured: Promise<void> | undefined;
  const encoders = new Map<MarketTopic, Promise<RecordEncoder>>();
  const orLater = (thrown: unknown): never => {
    // The registry may be back with the next message.
    ensured = undefined;
    throw ParleyError.from(thrown);
  };
  const prepare = (): Promise<void> => {
    ensured ??= ensureMarketSubjects(registry, schemas);
    return ensured;
  };
  const encoderOf = async (topic: MarketTopic): Promise<RecordEncoder> => {
    await prepare();
    return codec.encoderFor(schemas[topic].subject, schemas[topic].own);
  };
  const keptEncoder = async (topic: MarketTopic): Promise<RecordEncoder> => {
    const encoder = encoders.get(topic) ?? encoderOf(topic);
    encoders.set(topic, encoder);
    try {
      return await encoder;
    } catch (thrown) {
      encoders.delete(topic);
      return orLater(thrown);
    }
  };
  return {
    prepare: () => prepare().catch(orLater),
    async encode(message) {
      checkMessage(message);
      const bytes = (await keptEncoder(message.topic)).encode(toWireValue(message.value));
      return wire === 'raw' ? bytes.subarray(headBytes) : bytes;
    },
    async decode(topic, bytes) {
      const { original, own } = schemas[topic];
      const read = async (headerless: string): Promise<unknown> =>
        (await codec.decode(bytes, { headerless, reader: own })).value;
      const value =
        original === undefined
          ? await read(own)
          : await readEither(
              () => read(original),
              () => read(own),
            );
      return toMessage(topic, value);
    },
  };
}

/** Without a head the length tells the original's fields from ours: one of the two leaves nothing over. */
async function readEither(asOriginal: () => Promise<unknown>, asOurs: () => Promise<unknown>): Promise<unknown> {
  try {
    return await asOriginal();
  } catch (thrown) {
    if (!hasCode(thrown, 'RECORD_INVALID')) throw thrown;
    return asOurs();
  }
}

function toMessage(topic: MarketTopic, value: unknown): MarketMessage {
  if (!isObject(value))
    throw new ParleyError('RECORD_INVALID', `A record of ${topic} is no object. Nobody acts on it.`);
  // The reader's schema has given it the members and types of the topic's values.
  const message = { topic, value: fromWireValue(value) } as unknown as MarketMessage;
  checkMessage(message);
  return message;
}

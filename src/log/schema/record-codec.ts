import { ParleyError } from '../../base/index.ts';
import { createTypeCodec, type TypeCodec } from './avro-type-codec.ts';
import type { SchemaRegistry } from './port.ts';
import { frameMessage, parseFrame } from './wire-format.ts';

/** What a message was. */
export interface DecodedRecord {
  readonly value: unknown;
  /** The schema that it was written with; undefined for a message without a head. */
  readonly schemaId: number | undefined;
}

export interface ReadingOptions {
  /** The schema of messages without a head, as the original of seed 004 writes them; without it they are refused. */
  readonly headerless?: string | undefined;
  /** Read as values of this schema, by Avro's rules of resolution; default: as they were written. */
  readonly reader?: string | undefined;
}

/** Encodes values of one schema, as fast as can be: everything that takes time was done before. */
export interface RecordEncoder {
  readonly schemaId: number;
  /** In Confluent's wire format. RECORD_INVALID. */
  encode(value: unknown): Buffer;
}

/** Values to bytes in Confluent's wire format and back, by the ids of a registry, each of which is asked for once. */
export interface RecordCodec {
  /** For a schema that is registered; NOT_FOUND for an id that is not. */
  encoderOf(schemaId: number): Promise<RecordEncoder>;
  /** Registers the schema under the subject if need be, which checks its compatibility, and encodes with it. */
  encoderFor(subject: string, schema: string): Promise<RecordEncoder>;
  /** RECORD_INVALID for bytes that are no value; NOT_FOUND for an id that the registry does not know. */
  decode(bytes: Uint8Array, options?: ReadingOptions): Promise<DecodedRecord>;
}

/** So many schemas are kept ready; the oldest goes first. */
const maxReady = 1_000;

/** A codec over a registry. */
export function createRecordCodec(registry: Pick<SchemaRegistry, 'getById' | 'register'>): RecordCodec {
  const byText = createKept(async (text: string) => createTypeCodec(text));
  const byId = createKept(async (id: number) => byText(await registry.getById(id)));
  const encoderOf = async (schemaId: number): Promise<RecordEncoder> => {
    const codec = await byId(schemaId);
    return { schemaId, encode: (value) => frameMessage(schemaId, codec.encode(value)) };
  };
  const writerOf = async (bytes: Uint8Array, headerless: string | undefined): Promise<Writer> => {
    const frame = parseFrame(bytes);
    if (frame !== undefined) return { ...frame, codec: await byId(frame.schemaId) };
    if (headerless === undefined) throw noHead(bytes);
    return { schemaId: undefined, body: bytes, codec: await byText(headerless) };
  };
  return {
    encoderOf,
    encoderFor: async (subject, schema) => encoderOf(await registry.register(subject, schema)),
    async decode(bytes, { headerless, reader } = {}) {
      const { schemaId, body, codec } = await writerOf(bytes, headerless);
      const value = reader === undefined ? codec.decode(body) : codec.decodeAs(await byText(reader), body);
      return { value, schemaId };
    },
  };
}

interface Writer {
  readonly schemaId: number | undefined;
  readonly body: Uint8Array;
  readonly codec: TypeCodec;
}

function noHead(bytes: Uint8Array): ParleyError {
  const message = `The message of ${bytes.length} bytes does not begin with a zero byte and a schema's id. Write it in Confluent's wire format.`;
  return new ParleyError('RECORD_INVALID', message);
}

/** Keeps what was made, at most so many; what failed is made anew when it is asked for again. */
function createKept<Key, Value>(make: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const kept = new Map<Key, Promise<Value>>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make(key);
    for (const oldest of kept.keys()) if (kept.size >= maxReady) kept.delete(oldest);
    kept.set(key, made);
    made.catch(() => kept.delete(key));
    return made;
  };
}

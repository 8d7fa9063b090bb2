import { type ErrorCode, hasCode, isObject, type JsonValue, ParleyError } from '../../base/index.ts';
import type { LogRecord } from '../../log/index.ts';
import type { RecordCodec, SchemaRegistry } from '../../log/schema/index.ts';
import type { OpenSchemas } from '../schemas/schema-control.ts';

/** A record's value as people and programs read it. None of them: there is none. */
export interface ValueView {
  /** As its schema describes it; bytes in it are base64. */
  readonly value?: JsonValue;
  /** The id of the schema that the record names itself. */
  readonly schemaId?: number;
  /** The value where it is text that no schema describes. */
  readonly text?: string;
  /** The value where it is anything else. */
  readonly base64?: string;
  /** Why bytes are not shown as their schema describes them, when it is not their fault: the registry is away. */
  readonly notDecoded?: string;
}

/** Reads the values of records by their schemas. */
export interface ValueReader {
  /** Never rejects for what a record holds, nor for a registry that is away: such values stay as they are. */
  read(records: readonly LogRecord[], topic: string): Promise<readonly ValueView[]>;
}

/** A reader over the registry, which is asked only for values that JSON does not explain. */
export function createValueReader(open: OpenSchemas): ValueReader {
  let codec: Promise<RecordCodec> | undefined;
  const codecOf = (): Promise<RecordCodec> => {
    codec ??= openCodec(open);
    return codec;
  };
  return {
    async read(records, topic) {
      let schemas: Promise<readonly string[]> | undefined;
      const headerless = (): Promise<readonly string[]> => {
        schemas ??= schemasOf(open, `${topic}-value`);
        return schemas;
      };
      return await Promise.all(records.map((record) => readValue(record, codecOf, headerless)));
    },
  };
}

/** Values as they lie in the log: text where they are text. */
export function readRaw({ value }: Pick<LogRecord, 'value'>): ValueView {
  if (value === null) return {};
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(value);
    // A byte of zero begins what a schema describes: that is no text, though it may decode.
    if (!text.includes('\0')) return { text };
  } catch {
    // It is not text.
  }
  return { base64: Buffer.from(value).toString('base64') };
}

async function openCodec(open: OpenSchemas): Promise<RecordCodec> {
  const { createRecordCodec } = await import('../../log/schema/index.ts');
  return createRecordCodec({
    getById: async (id) => (await open()).getById(id),
    register: async (subject, schema) => (await open()).register(subject, schema),
  });
}

async function readValue(
  record: LogRecord,
  codecOf: () => Promise<RecordCodec>,
  headerless: () => Promise<readonly string[]>,
): Promise<ValueView> {
  const { value } = record;
  if (value === null || value.length === 0 || looksLikeJson(record)) return readRaw(record);
  try {
    return (await decodeValue(value, await codecOf(), headerless)) ?? readRaw(record);
  } catch (thrown) {
    const raw = readRaw(record);
    return raw.base64 === undefined ? raw : { ...raw, notDecoded: ParleyError.from(thrown).message };
  }
}

/** Undefined when no schema explains it; throws when the registry does not say. */
async function decodeValue(
  value: Uint8Array,
  codec: RecordCodec,
  headerless: () => Promise<readonly string[]>,
): Promise<ValueView | undefined> {
  if (value[0] === 0) {
    const framed = await codec.decode(value).catch(orUnexplained);
    if (framed !== undefined) return { value: toJson(framed.value), schemaId: framed.schemaId ?? 0 };
  }
  for (const schema of await headerless()) {
    const decoded = await codec.decode(value, { headerless: schema }).catch(orUnexplained);
    if (decoded !== undefined && decoded.schemaId === undefined) return { value: toJson(decoded.value) };
  }
  return undefined;
}

const unexplained: readonly ErrorCode[] = ['RECORD_INVALID', 'SCHEMA_INVALID', 'NOT_FOUND'];

/** Of the value, or of a schema that is not there or is none: nothing that would be otherwise another time. */
function orUnexplained(thrown: unknown): undefined {
  if (unexplained.some((code) => hasCode(thrown, code))) return;
  throw ParleyError.from(thrown);
}

function looksLikeJson({ value, headers }: LogRecord): boolean {
  const [first = 0] = value ?? [];
  return headers['content-type'] === 'application/json' || first === 0x7b || first === 0x5b;
}

/** All versions of the subject, the newest first: what has no head does not say which of them it was written with. */
async function schemasOf(open: OpenSchemas, subject: string): Promise<readonly string[]> {
  const registry: SchemaRegistry = await open();
  const versions = (await registry.listVersions(subject).catch(orUnexplained)) ?? [];
  const found = versions.toReversed().map((version) => registry.getVersion(subject, version));
  return (await Promise.all(found)).map(({ schema }) => schema);
}

/** What Avro decodes to, as JSON. */
function toJson(value: unknown): JsonValue {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toJson(field)]));
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? value : null;
}

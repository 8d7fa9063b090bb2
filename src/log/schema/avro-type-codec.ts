import { createRequire } from 'node:module';
import type { Type } from 'avsc';
import { ParleyError } from '../../base/index.ts';
import { createBytesCheck } from './check-bytes.ts';
import { parseSchema } from './parse-schema.ts';

/** Values of one schema as Avro's bytes, without a head. */
export interface TypeCodec {
  /** RECORD_INVALID when the value does not fit; fields with a default may be left out, others not; unknown ones are left out. */
  encode(value: unknown): Buffer;
  /** Bytes of this schema. RECORD_INVALID when they are none. */
  decode(bytes: Uint8Array): unknown;
  /** Reads bytes that were written with this schema as a value of the reader's. SCHEMA_INCOMPATIBLE when that cannot be. */
  decodeAs(reader: TypeCodec, bytes: Uint8Array): unknown;
  /** Of avsc; for `decodeAs` of another codec. */
  readonly type: Type;
}

const load = createRequire(import.meta.url);

/** Compiles a schema's text; SCHEMA_INVALID. avsc is loaded with the first one: a node without schemas never does. */
export function createTypeCodec(text: string): TypeCodec {
  const check = createBytesCheck(parseSchema(text));
  const type = compileType(text);
  const resolvers = new WeakMap<Type, ReturnType<Type['createResolver']>>();
  const resolverTo = (reader: Type): ReturnType<Type['createResolver']> => {
    const known = resolvers.get(reader) ?? createResolver(reader, type);
    resolvers.set(reader, known);
    return known;
  };
  const read = (bytes: Uint8Array, decode: (buffer: Buffer) => unknown): unknown => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    try {
      check(buffer);
      return decode(buffer);
    } catch (cause) {
      throw bytesInvalid(type, cause);
    }
  };
  return {
    type,
    encode: (value) => encodeValue(type, value),
    decode: (bytes) => read(bytes, (buffer) => type.fromBuffer(buffer)),
    decodeAs(reader, bytes) {
      const resolver = resolverTo(reader.type);
      return read(bytes, (buffer) => reader.type.fromBuffer(buffer, resolver, false));
    },
  };
}

function compileType(text: string): Type {
  const avro = load('avsc') as typeof import('avsc');
  try {
    // Its parser takes names of files, too: it never sees the text.
    return avro.Type.forSchema(toSchema(text), { omitRecordMethods: true });
  } catch (cause) {
    const message = `The schema is refused: ${cause instanceof Error ? cause.message : String(cause)}.`;
    throw new ParleyError('SCHEMA_INVALID', message, { cause });
  }
}

function toSchema(text: string): Parameters<typeof Type.forSchema>[0] {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim() as 'string';
  }
}

function createResolver(reader: Type, writer: Type): ReturnType<Type['createResolver']> {
  try {
    return reader.createResolver(writer, { ignoreNamespaces: true });
  } catch (cause) {
    const message = `What was written as ${nameOf(writer)} cannot be read as ${nameOf(reader)}: ${(cause as Error).message}.`;
    throw new ParleyError('SCHEMA_INCOMPATIBLE', message, { cause });
  }
}

function encodeValue(type: Type, value: unknown): Buffer {
  try {
    return type.toBuffer(value);
  } catch (cause) {
    const paths: string[] = [];
    type.isValid(value, { errorHook: (path) => paths.push(path.join('.')) });
    const where = paths.length === 0 ? '' : ` at ${paths.slice(0, 8).join(', ')}`;
    const message = `The value does not fit the schema ${nameOf(type)}${where}. Send what the schema asks for.`;
    throw new ParleyError('RECORD_INVALID', message, {
      cause,
      details: { schema: nameOf(type), fields: paths.slice(0, 50) },
    });
  }
}

function bytesInvalid(type: Type, cause: unknown): ParleyError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `The bytes are no value of the schema ${nameOf(type)}: ${why}. Was it written with another schema?`;
  return new ParleyError('RECORD_INVALID', message, { cause, details: { schema: nameOf(type) } });
}

function nameOf(type: Type): string {
  return type.name ?? type.typeName;
}

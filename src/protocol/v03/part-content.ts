import { isObject, type JsonObject, type JsonValue, ParleyError } from '../../base/index.ts';
import { formatBase64 } from '../fields/base64.ts';
import { readJsonObject } from '../fields/scalars.ts';
import type { Part } from '../model.ts';

/** Marks an object that stands for a value which 0.3 cannot carry as a data part: there data is always an object. */
const wrapMark = 'data_part_compat';

/** The metadata of a part, when it has any. */
export function readPartMetadata(value: unknown, path: string): { readonly metadata?: JsonObject } {
  return value === null || value === undefined ? {} : { metadata: readJsonObject(value, path, 'metadata') };
}

/** A data part from 0.3's object; a value that was wrapped on its way comes back as it was. */
export function readData(data: JsonObject, metadata: JsonObject | undefined): Part {
  if (metadata?.[wrapMark] !== true || !('value' in data)) return { data, ...(metadata && { metadata }) };
  const { [wrapMark]: _mark, ...rest } = metadata;
  return { data: data['value'] as JsonValue, ...(Object.keys(rest).length > 0 && { metadata: rest }) };
}

/** The reverse: an object stays, every other value is wrapped and marked. */
export function wrapData(
  data: JsonValue,
  metadata: JsonObject | undefined,
): { data: JsonObject; metadata?: JsonObject } {
  if (isObject(data)) return { data: data as JsonObject, ...(metadata && { metadata }) };
  return { data: { value: data }, metadata: { ...metadata, [wrapMark]: true } };
}

/** The bytes of a file part in base64; undefined for a part that has none. */
export function bytesOf(part: Part): string | undefined {
  if ('blob' in part) {
    throw new ParleyError('INTERNAL', `The bytes of blob ${part.blob.sha256} were not loaded before they were sent.`);
  }
  if ('base64' in part) return part.base64;
  return 'raw' in part ? formatBase64(part.raw) : undefined;
}

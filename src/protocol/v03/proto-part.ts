import { isObject, type JsonObject } from '../../base/index.ts';
import { readBase64 } from '../fields/base64.ts';
import type { Read } from '../fields/read.ts';
import { readJsonObject, readText } from '../fields/scalars.ts';
import { invalidField, joinPath } from '../fields/violation.ts';
import type { Part } from '../model.ts';
import { bytesOf, readData, readPartMetadata, wrapData } from './part-content.ts';

type Fields = Readonly<Record<string, unknown>>;

/** 0.3's part in proto-JSON: `{ text }`, `{ file: { fileWithUri | fileWithBytes, mimeType } }` or `{ data: { data } }`. */
export const readProtoPart: Read<Part> = (value, parent, key) => {
  const path = joinPath(parent, key);
  if (!isObject(value)) throw invalidField(path, 'must be an object');
  const given = (['text', 'file', 'data'] as const).filter((name) => isSet(value[name]));
  const [name] = given;
  if (name === undefined || given.length > 1) throw invalidField(path, 'must have exactly one of text, file and data');
  const common = readPartMetadata(value['metadata'], path);
  if (name === 'text') return { text: readText(value['text'], path, 'text') ?? '', ...common };
  if (name === 'file') return { ...readFile(value['file'], joinPath(path, 'file')), ...common };
  const data = readJsonObject(value['data'], path, 'data');
  return readData(readJsonObject(data['data'] ?? {}, joinPath(path, 'data'), 'data'), common.metadata);
};

function readFile(value: unknown, path: string): Part {
  if (!isObject(value)) throw invalidField(path, 'must be an object');
  const uri = either(value, 'fileWithUri', 'file_with_uri');
  const bytes = either(value, 'fileWithBytes', 'file_with_bytes');
  const filename = readOptional(value['name'], path, 'name');
  const mediaType = readOptional(either(value, 'mimeType', 'mime_type'), path, 'mimeType');
  const common = { ...(filename !== undefined && { filename }), ...(mediaType !== undefined && { mediaType }) };
  if (isSet(bytes) && !isSet(uri)) return { raw: readBase64(bytes, path, 'fileWithBytes'), ...common };
  const url = isSet(bytes) ? undefined : readOptional(uri, path, 'fileWithUri');
  if (url === undefined) throw invalidField(path, 'must have exactly one of fileWithUri and fileWithBytes');
  return { url, ...common };
}

function either(value: Fields, camelCase: string, snakeCase: string): unknown {
  return value[camelCase] ?? value[snakeCase];
}

function readOptional(value: unknown, path: string, name: string): string | undefined {
  return isSet(value) ? readText(value, path, name) : undefined;
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined;
}

/** The reverse. */
export function encodeProtoPart(part: Part): JsonObject {
  const { metadata } = part;
  if ('text' in part) return { text: part.text, ...(metadata && { metadata }) };
  if ('data' in part) {
    const wrapped = wrapData(part.data, metadata);
    return { data: { data: wrapped.data }, ...(wrapped.metadata && { metadata: wrapped.metadata }) };
  }
  return { file: encodeFile(part), ...(metadata && { metadata }) };
}

function encodeFile(part: Part): JsonObject {
  const { filename, mediaType } = part;
  return {
    ...('url' in part ? { fileWithUri: part.url } : { fileWithBytes: bytesOf(part) ?? '' }),
    ...(mediaType !== undefined && { mimeType: mediaType }),
    ...(filename !== undefined && { name: filename }),
  };
}

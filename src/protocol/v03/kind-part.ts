import { isObject, type JsonObject } from '../../base/index.ts';
import { readBase64 } from '../fields/base64.ts';
import type { Read } from '../fields/read.ts';
import { readJsonObject, readText } from '../fields/scalars.ts';
import { invalidField, joinPath } from '../fields/violation.ts';
import type { Part } from '../model.ts';
import { bytesOf, readData, readPartMetadata, wrapData } from './part-content.ts';

/** 0.3's part in JSON-RPC: `{ kind: 'text' | 'file' | 'data', … }`. */
export const readKindPart: Read<Part> = (value, parent, key) => {
  const path = joinPath(parent, key);
  if (!isObject(value)) throw invalidField(path, 'must be an object');
  const { kind, metadata } = value;
  switch (kind) {
    case 'text':
      return { text: requireText(value['text'], path), ...readPartMetadata(metadata, path) };
    case 'data':
      return readData(readJsonObject(value['data'], path, 'data'), readPartMetadata(metadata, path).metadata);
    case 'file':
      return { ...readFile(value['file'], joinPath(path, 'file')), ...readPartMetadata(metadata, path) };
    default:
      throw invalidField(joinPath(path, 'kind'), 'must be one of text, file and data');
  }
};

function requireText(value: unknown, path: string): string {
  if (value === undefined || value === null) throw invalidField(joinPath(path, 'text'), 'is missing');
  return readText(value, path, 'text') ?? '';
}

function readFile(value: unknown, path: string): Part {
  if (!isObject(value)) throw invalidField(path, 'must be an object');
  const { bytes, uri } = value;
  const filename = readGiven(value, 'name', path);
  const mediaType = readGiven(value, 'mimeType', path);
  const common = { ...(filename !== undefined && { filename }), ...(mediaType !== undefined && { mediaType }) };
  if (typeof uri === 'string' && uri !== '' && bytes === undefined) return { url: uri, ...common };
  if (bytes !== undefined && uri === undefined) return { raw: readBase64(bytes, path, 'bytes'), ...common };
  throw invalidField(path, 'must have exactly one of bytes and uri');
}

function readGiven(value: Readonly<Record<string, unknown>>, name: string, path: string): string | undefined {
  const given = value[name];
  return given === undefined || given === null ? undefined : readText(given, path, name);
}

/** The reverse. */
export function encodeKindPart(part: Part): JsonObject {
  const { metadata } = part;
  if ('text' in part) return { kind: 'text', text: part.text, ...(metadata && { metadata }) };
  if ('data' in part) return { kind: 'data', ...wrapData(part.data, metadata) };
  return { kind: 'file', file: encodeFile(part), ...(metadata && { metadata }) };
}

function encodeFile(part: Part): JsonObject {
  const { filename, mediaType } = part;
  return {
    ...('url' in part ? { uri: part.url } : { bytes: bytesOf(part) ?? '' }),
    ...(filename !== undefined && { name: filename }),
    ...(mediaType !== undefined && { mimeType: mediaType }),
  };
}

import { isObject, type JsonObject, ParleyError } from '../../base/index.ts';
import { formatBase64, readBase64 } from '../fields/base64.ts';
import type { Read } from '../fields/read.ts';
import { readJsonObject, readText } from '../fields/scalars.ts';
import { invalidField, joinPath } from '../fields/violation.ts';
import type { Part } from '../model.ts';

/** Exactly one of text, raw, url and data. A part that already has the neutral shape comes back as the same object. */
export const readPart: Read<Part> = (value, parent, key) => {
  if (!isObject(value)) throw invalidField(joinPath(parent, key), 'must be an object');
  return isNeutral(value) ? (value as unknown as Part) : rebuildPart(value, joinPath(parent, key));
};

function isNeutral(part: Readonly<Record<string, unknown>>): boolean {
  let contents = 0;
  for (const name in part) {
    const value = part[name];
    if (name === 'text') contents += typeof value === 'string' ? 1 : 2;
    else if (name === 'data') contents += value === null || value === undefined ? 2 : 1;
    else if (!isNeutralField(name, value)) return false;
  }
  return contents === 1;
}

function isNeutralField(name: string, value: unknown): boolean {
  if (name === 'metadata') return isObject(value);
  if (name === 'filename' || name === 'mediaType') return typeof value === 'string' && value !== '';
  return !rebuiltFields.has(name);
}

/** `blob` and `base64` are a journal's own; a `blob` from outside would open anybody's bytes. */
const rebuiltFields: ReadonlySet<string> = new Set(['raw', 'url', 'media_type', '__proto__', 'blob', 'base64']);

function rebuildPart(value: Readonly<Record<string, unknown>>, path: string): Part {
  const { text, raw, url, data, filename, mediaType, media_type, metadata, ...others } = value;
  return {
    ...Object.fromEntries(Object.entries(others).filter(([name]) => !rebuiltFields.has(name))),
    ...readContent({ text, raw, url, data }, path),
    ...optional('filename', filename, readText, path),
    ...optional('mediaType', mediaType ?? media_type, readText, path),
    ...optional('metadata', metadata, readJsonObject, path),
  } as unknown as Part;
}

function readContent(given: Readonly<Record<'text' | 'raw' | 'url' | 'data', unknown>>, path: string): object {
  const names = (['text', 'raw', 'url', 'data'] as const).filter((name) => isSet(given[name]));
  if (names.length === 0 && given.data === null) return { data: null };
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw invalidField(path, `must have exactly one of text, raw, url and data, and has ${names.join(', ') || 'none'}`);
  }
  if (name === 'data') return { data: given.data };
  if (name === 'raw') return { raw: readBase64(given.raw, path, name) };
  return { [name]: readString(given[name], path, name) };
}

function readString(value: unknown, path: string, name: 'text' | 'url'): string {
  const text = readText(value, path, name);
  if (text === undefined && name === 'url') throw invalidField(joinPath(path, name), 'must not be empty');
  return text ?? '';
}

function optional(name: string, value: unknown, read: Read<unknown>, path: string): object | undefined {
  if (!isSet(value)) return undefined;
  const result = read(value, path, name);
  return result === undefined ? undefined : { [name]: result };
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined;
}

/** The parts as they go out: the same list when nothing in it needs another shape. */
export function encodeParts(parts: readonly Part[]): readonly JsonObject[] {
  for (const part of parts) {
    if ('raw' in part || 'blob' in part || 'base64' in part) return parts.map(encodePart);
  }
  return parts as unknown as readonly JsonObject[];
}

function encodePart(part: Part): JsonObject {
  if ('blob' in part) {
    throw new ParleyError('INTERNAL', `The bytes of blob ${part.blob.sha256} were not loaded before they were sent.`);
  }
  if ('base64' in part) {
    const { base64, ...rest } = part;
    return { ...rest, raw: base64 };
  }
  return 'raw' in part ? { ...part, raw: formatBase64(part.raw) } : (part as unknown as JsonObject);
}

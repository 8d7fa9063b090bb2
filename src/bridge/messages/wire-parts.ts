import { isObject, type JsonObject, type JsonValue } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';

/** A part as A2A 1.0 writes it in JSON; bytes are base64. Content by reference has been fetched before. */
export function encodePart(part: Part): JsonObject {
  if ('raw' in part) return { ...part, raw: Buffer.from(part.raw).toString('base64') };
  return { ...part } as JsonObject;
}

/** The parts of a list, when each of them is one; undefined otherwise. */
export function decodeParts(value: JsonValue | undefined): readonly Part[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const parts = value.map(decodePart);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

/** Any value as a part: a text stays text, everything else is data. */
export function toPart(value: JsonValue): Part {
  return typeof value === 'string' ? { text: value } : { data: value };
}

function decodePart(value: JsonValue): Part | undefined {
  if (!isObject(value)) return undefined;
  const { text, data, raw, url, filename, mediaType, metadata } = value;
  const common = {
    ...(typeof filename === 'string' && { filename }),
    ...(typeof mediaType === 'string' && { mediaType }),
    ...(isObject(metadata) && { metadata }),
  };
  if (typeof text === 'string') return { ...common, text };
  if (typeof raw === 'string') return { ...common, raw: Buffer.from(raw, 'base64') };
  if (typeof url === 'string') return { ...common, url };
  return data === undefined ? undefined : { ...common, data };
}

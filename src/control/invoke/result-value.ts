import type { JsonObject, JsonValue } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';

/**
 * A result as one JSON value: of one part its data, its text, or the file as `{name, type, bytes}` in base64 (`url` for one by
 * reference); of several a list, of none null. Text that came in chunks is one text.
 */
export function toResultValue(parts: readonly Part[]): JsonValue {
  if (parts.length > 1 && parts.every((part) => 'text' in part)) return parts.map(({ text }) => text).join('');
  const values = parts.map(toValue);
  return values.length > 1 ? values : (values[0] ?? null);
}

/** The same as text: JSON, but for a text, which stays as it is. */
export function formatResultText(parts: readonly Part[]): string {
  const value = toResultValue(parts);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function toValue(part: Part): JsonValue {
  if ('data' in part) return part.data;
  if ('text' in part) return part.text;
  const { filename, mediaType } = part;
  const file: JsonObject = {
    ...(filename !== undefined && { name: filename }),
    ...(mediaType !== undefined && { type: mediaType }),
  };
  if ('url' in part) return { ...file, url: part.url };
  return 'raw' in part ? { ...file, bytes: Buffer.from(part.raw).toString('base64') } : file;
}

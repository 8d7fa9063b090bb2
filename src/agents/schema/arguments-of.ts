import { isObject, type JsonObject, type JsonValue } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';

/**
 * The arguments that a handler gets for these parts, as its schema sees them: the data (objects merged into one), the text as
 * `text` unless the data has one, the files as `files` with name and type. An `action` that only repeats the skill is left out.
 */
export function argumentsOf(parts: readonly Part[], skill: string): JsonObject {
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const files = parts.flatMap(toFile);
  const { action, ...named } = mergeData(parts.flatMap((part) => ('data' in part ? [part.data] : [])));
  return {
    ...named,
    ...(texts.length > 0 && { text: named['text'] ?? texts.join('\n') }),
    ...(action !== undefined && action !== skill && { action }),
    ...(files.length > 0 && { files }),
  };
}

/** Several data parts: merged when all are objects, else the last one counts. */
function mergeData(values: readonly JsonValue[]): JsonObject {
  // By entries, so that even `__proto__` is a name like any other.
  if (values.every(isJsonObject)) return Object.fromEntries(values.flatMap((value) => Object.entries(value)));
  const last = values.at(-1) ?? null;
  return isJsonObject(last) ? last : { data: last };
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return isObject(value);
}

function toFile(part: Part): JsonObject[] {
  if ('text' in part || 'data' in part) return [];
  const { filename, mediaType } = part;
  return [
    {
      ...(filename !== undefined && { name: filename }),
      ...(mediaType !== undefined && { type: mediaType }),
      ...('url' in part && { url: part.url }),
    },
  ];
}

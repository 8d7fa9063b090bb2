import { isObject, type JsonValue } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';

/** A file as a program reads it: base64. */
interface InputFile {
  readonly name: string;
  readonly type: string;
  readonly data: string;
}

/**
 * What a stdin/stdout program reads: one JSON object `{action, …arguments}`. The first data part that is an object gives the
 * arguments; text goes to `text`, files to `files`, other data to `data`, unless the arguments have that name already.
 */
export function createProgramInput(skill: string, parts: readonly Part[]): string {
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const values = parts.flatMap((part) => ('data' in part ? [part.data] : []));
  const files = parts.flatMap(toFile);
  const named: unknown = values.find(isObject);
  const others = values.filter((value) => value !== named);
  return JSON.stringify({
    ...(texts.length === 0 ? {} : { text: texts.join('\n') }),
    ...(files.length === 0 ? {} : { files }),
    ...(others.length === 0 ? {} : { data: onlyOrAll(others) }),
    ...(isObject(named) ? named : {}),
    action: skill,
  });
}

function onlyOrAll(values: readonly JsonValue[]): JsonValue {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}

function toFile(
  part: Part,
): readonly (InputFile | { readonly name: string; readonly type: string; readonly url: string })[] {
  if (!('raw' in part || 'url' in part)) return [];
  const name = part.filename ?? 'file';
  const type = part.mediaType ?? 'application/octet-stream';
  if ('url' in part) return [{ name, type, url: part.url }];
  const { buffer, byteOffset, byteLength } = part.raw;
  return [{ name, type, data: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }];
}

import { isObject, type JsonValue, ParleyError } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';

const maxParts = 100;

/** A2A parts as records carry them: JSON text, bytes in base64. */
export function formatParts(parts: readonly Part[]): string {
  return JSON.stringify(
    parts.map((part) => {
      if (!('raw' in part)) return part;
      const { raw, ...rest } = part;
      return { ...rest, base64: Buffer.from(raw).toString('base64') };
    }),
  );
}

/** The parts in a record, which anybody may have written: what is none is refused. RECORD_INVALID. */
export function readParts(text: string): readonly Part[] {
  const values = parse(text);
  if (!Array.isArray(values) || values.length > maxParts) throw invalid(`they are no list of at most ${maxParts}`);
  return values.map((value: unknown) => readPart(value));
}

/** What a result says in words, for who knows no parts; null when there is nothing to say. At most so many characters. */
export function tellParts(text: string | null, maxLength = 2_000): string | null {
  const said = text === null ? '' : readAny(text).map(tellPart).join('\n');
  if (said === '') return null;
  return said.length <= maxLength ? said : `${said.slice(0, maxLength - 1)}…`;
}

/** What is no list of parts is one text: anybody may have written it. */
export function readAny(text: string): readonly Part[] {
  try {
    return readParts(text);
  } catch {
    return [{ text }];
  }
}

function tellPart(part: Part): string {
  if ('text' in part) return part.text;
  if ('data' in part) return JSON.stringify(part.data);
  return 'url' in part ? part.url : (part.filename ?? part.mediaType ?? 'a file');
}

function readPart(value: unknown): Part {
  if (!isObject(value)) throw invalid('one of them is no object');
  const about = {
    ...(typeof value['filename'] === 'string' && { filename: value['filename'] }),
    ...(typeof value['mediaType'] === 'string' && { mediaType: value['mediaType'] }),
  };
  if (typeof value['text'] === 'string') return { ...about, text: value['text'] };
  if (typeof value['url'] === 'string') return { ...about, url: value['url'] };
  if (typeof value['base64'] === 'string') return { ...about, raw: Buffer.from(value['base64'], 'base64') };
  if ('data' in value) return { ...about, data: value['data'] as JsonValue };
  throw invalid('one of them has neither text, data, url nor base64');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid('they are no JSON', cause);
  }
}

function invalid(why: string, cause?: unknown): ParleyError {
  return new ParleyError('RECORD_INVALID', `The parts of a record of the market cannot be read: ${why}.`, { cause });
}

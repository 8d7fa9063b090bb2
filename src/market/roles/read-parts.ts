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

import { createRequire } from 'node:module';
import type { Format, FormatDefinition } from 'ajv';
import type * as Formats from 'ajv-formats/dist/formats.js';

const load = createRequire(import.meta.url);

/** The formats that are checked; any other `format` is a remark for people. */
export const checkedFormats = [
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
  'int32',
  'int64',
  'float',
  'double',
] as const;

/** No address or time is longer: it bounds what a text that was made to be slow can cost. */
const maxLength = 320;
const maxPathLength = 2_048;
const paths: ReadonlySet<string> = new Set(['uri', 'uri-reference', 'json-pointer', 'relative-json-pointer']);

type Definition = Exclude<Format, string>;

/** The formats with their checks, each of a bounded time. */
export function createFormats(): Record<string, Format> {
  const { fullFormats } = load('ajv-formats/dist/formats.js') as typeof Formats;
  return Object.fromEntries(checkedFormats.flatMap((name) => wrapFormat(name, fullFormats[name])));
}

function wrapFormat(name: string, format: Format | undefined): [string, Format][] {
  if (typeof format !== 'object' && typeof format !== 'function') return [];
  const { type, validate } = format as FormatDefinition<number>;
  if (type === 'number') return [[name, { type, validate }]];
  const check = testOf(format);
  const longest = paths.has(name) ? maxPathLength : maxLength;
  return [[name, (text: string) => text.length <= longest && check(text)]];
}

function testOf(format: Definition): (text: string) => boolean {
  const check = (typeof format === 'object' && 'validate' in format ? format.validate : format) as
    | RegExp
    | ((text: string) => boolean);
  return check instanceof RegExp ? (text) => check.test(text) : (text) => check(text);
}

import type { LogRecordView } from '../control/index.ts';
import { formatTime } from './format.ts';
import { plainLines, plainText } from './plain-text.ts';

/** A record of the log for a person: a line about it, and what it holds. Anybody may have written it: nothing in it commands the terminal. */
export function formatRecord(record: LogRecordView): string {
  const { partition, offset, timestampMs, key, headers } = record;
  const named = Object.entries(headers).map(([name, value]) => `${name}=${value}`);
  const head = [formatTime(timestampMs), `${partition}:${offset}`, key ?? '-', ...named].join('  ');
  return `${plainText(head)}\n  ${plainLines(formatValue(record))}`;
}

function formatValue({ value, text, base64, notDecoded }: LogRecordView): string {
  if (value !== undefined) return JSON.stringify(value);
  if (base64 === undefined) return text ?? '(no value)';
  return `base64:${base64}${notDecoded === undefined ? '' : `\n  not decoded: ${notDecoded}`}`;
}

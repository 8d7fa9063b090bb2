import { isObject } from '../../base/index.ts';
import { unitsOf, type WorkLimit } from './work-limit.ts';

/** The same text for values that JSON Schema calls equal, another for those it does not: names are in order. */
function toCanonicalText(value: unknown, limit: WorkLimit): string {
  limit.spend(unitsOf(value));
  if (Array.isArray(value)) return `[${value.map((item) => toCanonicalText(item, limit)).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${toCanonicalText(value[name], limit)}`).join()}}`;
}

/** The place of the first item that is there before, or -1. Takes time in proportion to the size of the list. */
export function findRepeated(items: readonly unknown[], limit: WorkLimit): number {
  const seen = new Set<string>();
  return items.findIndex((item) => seen.size === seen.add(toCanonicalText(item, limit)).size);
}

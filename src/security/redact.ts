import { isObject } from '../base/index.ts';

const mask = '[redacted]';
const secretName = /authorization|cookie|credential|passw|secret|token|api-?_?key|private-?_?key/i;
const secretText = /\b(?:Bearer\s+\S+|p[ckws]1\.[\w-]+(?:\.[\w-]+)?|eyJ[\w-]+\.[\w-]+\.[\w-]*)/gi;
const maxDepth = 6;

/** A copy that is safe to log: values under names that sound secret, and credentials inside texts, are masked. */
export function redact(value: unknown): unknown {
  return redactAt(value, 0);
}

function redactAt(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replace(secretText, mask);
  if (depth >= maxDepth) return typeof value === 'object' && value !== null ? mask : value;
  if (Array.isArray(value)) return value.map((item) => redactAt(item, depth + 1));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    secretName.test(name) ? mask : redactAt(item, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

import { isObject, ParleyError } from '../../base/index.ts';
import type { CardKey } from './verify-card.ts';

/** The keys of a JSON Web Key Set (RFC 7517), as a text; `name` says in errors what it is. INVALID_PARAMS when there is none with a `kid`. */
export function parseCardKeys(text: string, name: string): readonly CardKey[] {
  const set = parseJson(text, name);
  const keys = isObject(set) ? set['keys'] : undefined;
  const known = Array.isArray(keys) ? keys.filter(isCardKey) : [];
  if (known.length > 0) return known;
  throw new ParleyError(
    'INVALID_PARAMS',
    `${name} holds no key with a kid; it must be {"keys": [...]}, as of RFC 7517.`,
  );
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParleyError('INVALID_PARAMS', `${name} is not JSON.`, { cause });
  }
}

function isCardKey(value: unknown): value is CardKey {
  return isObject(value) && typeof value['kid'] === 'string';
}

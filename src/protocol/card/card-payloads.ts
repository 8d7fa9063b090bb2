import { isObject, type JsonObject, type JsonValue } from '../../base/index.ts';
import { toCanonicalJson } from './canonical-json.ts';
import { type CardField, fieldsOf } from './card-fields.ts';

/**
 * The texts that a signature of this card may be over, the most telling first, each once:
 *
 * 1. the whole card, whatever is in it, but for `signatures`;
 * 2. of a card with `supportedInterfaces` what A2A 1.0 knows of it, without defaults, as its section 8.4.1 says;
 * 3. the same without anything empty, as the official SDKs read that section; of an older card, the whole without anything empty.
 *
 * INVALID_PARAMS for a card that has no canonical form.
 */
export function createCardPayloads(card: JsonObject): readonly string[] {
  const { signatures: _signatures, ...whole } = card;
  // The first to look at the card: it refuses what is nested without end.
  const wholeText = toCanonicalJson(whole);
  const known = Array.isArray(card['supportedInterfaces']) ? keepKnown('AgentCard', whole) : whole;
  return [...new Set([wholeText, toCanonicalJson(known), toCanonicalJson(dropEmpty(known) ?? {})])];
}

function keepKnown(message: string, object: JsonObject): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const field of fieldsOf(message)) {
    const value = Object.hasOwn(object, field.name) ? object[field.name] : undefined;
    if (value === undefined || value === null || (!field.kept && isDefault(value, field))) continue;
    kept[field.name] = keepIn(field, value);
  }
  return kept;
}

function keepIn({ message, isMap }: CardField, value: JsonValue): JsonValue {
  if (message === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => keepOne(message, item));
  if (!isMap || !isObject(value)) return keepOne(message, value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, keepOne(message, item as JsonValue)]));
}

function keepOne(message: string, value: JsonValue): JsonValue {
  return isObject(value) ? keepKnown(message, value as JsonObject) : value;
}

/** A message that is there is no default, even if nothing is in it; an empty map or list is one. */
function isDefault(value: JsonValue, { message, isMap }: CardField): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return isMap && Object.keys(value).length === 0;
  return message === undefined && (value === '' || value === false || value === 0);
}

/** Undefined when nothing is left. */
function dropEmpty(value: JsonValue): JsonValue | undefined {
  if (value === null || value === '') return undefined;
  if (Array.isArray(value)) return orNothing(value.map(dropEmpty).filter((item) => item !== undefined));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, dropEmpty(item as JsonValue)] as const);
  const left = entries.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

function orNothing(items: readonly JsonValue[]): readonly JsonValue[] | undefined {
  return items.length === 0 ? undefined : items;
}

import { isObject, type JsonObject } from '../../base/index.ts';

const maxSchemaBytes = 64 * 1024;
const maxPatternLength = 200;
/** A repeated group that repeats inside: `(a+)+` takes exponential time on the wrong input. */
const nestedRepeat = /\([^()]*[*+{][^()]*\)\s*[*+{]/;

function judgePattern(pattern: string): string | undefined {
  if (pattern.length > maxPatternLength) return `a pattern has more than ${maxPatternLength} characters`;
  if (nestedRepeat.test(pattern)) return `the pattern ${pattern} repeats a repetition, which can take for ever`;
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch {
    return `the pattern ${pattern} is not a regular expression`;
  }
}

function judgeMap(schema: Record<string, unknown>): string | undefined {
  const { $ref: ref, pattern, patternProperties } = schema as Record<'$ref' | 'pattern' | 'patternProperties', unknown>;
  if (typeof ref === 'string' && !ref.startsWith('#'))
    return `$ref ${ref} leads out of the schema; only "#…" is followed`;
  const patterns = [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...(isObject(patternProperties) ? Object.keys(patternProperties) : []),
  ];
  for (const text of patterns) {
    const fault = judgePattern(text);
    if (fault !== undefined) return fault;
  }
  return judgeAll(Object.values(schema));
}

function judgeAll(values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const fault = Array.isArray(value) ? judgeAll(value) : isObject(value) ? judgeMap(value) : undefined;
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Why a package's JSON Schema is not safe to compile, or undefined. Its depth is bounded by the reader of agent.yaml. */
export function judgeSchema(schema: JsonObject): string | undefined {
  if (JSON.stringify(schema).length > maxSchemaBytes) return `the schema has more than ${maxSchemaBytes} bytes`;
  return judgeMap(schema);
}

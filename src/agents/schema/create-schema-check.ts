import { type JsonObject, ParleyError } from '../../base/index.ts';
import type { FieldViolation } from '../../protocol/index.ts';
import { type CompiledSchema, compileSchema } from './compile-schema.ts';
import { describeMismatches } from './describe-mismatch.ts';
import { prepareSchema, type SchemaFault } from './prepare-schema.ts';

/**
 * What of a value does not fit, none when it fits; `field` is a JSON pointer. The schema and the value may both be hostile:
 * PAYLOAD_TOO_LARGE when the check would take longer than a tenth of a second.
 */
export type SchemaCheck = (value: unknown) => readonly FieldViolation[];

const checks = new WeakMap<JsonObject, SchemaCheck>();

/** Why a schema from a package cannot be enforced; none when it can. */
export function findSchemaFaults(schema: JsonObject): readonly SchemaFault[] {
  const prepared = prepareSchema(schema);
  if (prepared.faults.length > 0) return prepared.faults;
  try {
    checks.set(schema, toCheck(compileSchema(prepared)));
    return [];
  } catch (thrown) {
    return [{ path: '', message: `the schema cannot be used: ${describe(thrown)}` }];
  }
}

/** The check of a schema, compiled once. Throws MANIFEST_INVALID for one that has faults. */
export function createSchemaCheck(schema: JsonObject): SchemaCheck {
  const [fault] = checks.has(schema) ? [] : findSchemaFaults(schema);
  const check = checks.get(schema);
  if (check !== undefined) return check;
  throw new ParleyError('MANIFEST_INVALID', `A schema of the package is refused: ${fault?.path}: ${fault?.message}.`);
}

function toCheck(compiled: CompiledSchema): SchemaCheck {
  return (value) => {
    const errors = compiled(value);
    return errors === null ? [] : describeMismatches(errors);
  };
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

import { createRequire } from 'node:module';
import type { Ajv as AjvClass, ErrorObject, Options } from 'ajv';
import { findRepeated } from './canonical-text.ts';
import { createLinearPattern } from './linear-pattern.ts';
import { type PreparedSchema, workKeyword } from './prepare-schema.ts';
import { createFormats } from './schema-formats.ts';
import { tooMuchWork, unitsOf, WorkLimit } from './work-limit.ts';

/** Looks at a value: null when it fits, else what does not. Throws PAYLOAD_TOO_LARGE when that takes too long. */
export type CompiledSchema = (value: unknown) => readonly ErrorObject[] | null;

const load = createRequire(import.meta.url);

/** Compiles a schema without faults. Throws what the compiler says, such as a reference that leads nowhere. */
export function compileSchema({ dialect, schema }: PreparedSchema): CompiledSchema {
  const limit = new WorkLimit();
  // A compiler for each schema: what it remembers goes with the package. An agent whose skills have none never loads it.
  const ajv = createCompiler(dialect, limit);
  const validate = ajv.compile(schema);
  return (value) => {
    limit.begin();
    try {
      return validate(value) ? null : (validate.errors ?? []);
    } catch (thrown) {
      // A schema that refers to itself without an end.
      if (thrown instanceof RangeError) throw tooMuchWork();
      throw thrown;
    }
  };
}

function createCompiler(dialect: PreparedSchema['dialect'], limit: WorkLimit): AjvClass {
  const Ajv = loadCompiler(dialect);
  const ajv = new Ajv(createOptions(limit));
  ajv.addKeyword({
    keyword: workKeyword,
    // Ahead of all that leads to further schemas: what fails counts, too.
    before: '$ref',
    schemaType: 'number',
    errors: false,
    validate(units: number, value: unknown) {
      limit.spend(units + unitsOf(value));
      return true;
    },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: readonly unknown[]) => !wanted || findRepeated(items, limit) === -1,
  });
  return ajv;
}

function loadCompiler(dialect: PreparedSchema['dialect']): typeof AjvClass {
  if (dialect === 'draft-07') return (load('ajv') as { Ajv: typeof AjvClass }).Ajv;
  return (load('ajv/dist/2020.js') as { Ajv2020: typeof AjvClass }).Ajv2020;
}

function createOptions(limit: WorkLimit): Options {
  const regExp = Object.assign((pattern: string) => createLinearPattern(pattern, limit), {
    code: 'createLinearPattern',
  });
  return {
    strict: false,
    logger: false,
    // What the schema itself must look like has been checked.
    meta: false,
    validateSchema: false,
    inlineRefs: false,
    ownProperties: true,
    verbose: true,
    formats: createFormats(),
    code: { regExp },
  };
}

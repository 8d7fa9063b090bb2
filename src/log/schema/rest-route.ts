import type { EmbeddedRegistry } from './embedded-registry.ts';
import { registryError } from './registry-error.ts';

/** What a route is asked. */
export interface RegistryCall {
  /** What stood in the path's places, decoded. */
  readonly places: readonly string[];
  /** Whether the query says `name=true`. */
  isSet(name: string): boolean;
  /** A value of the query; '' when it has none. */
  text(name: string): string;
  /** 422 when the body is no map. */
  body(): Readonly<Record<string, unknown>>;
}

/** A status and what becomes the body's JSON. */
export interface RegistryAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One route; places in the path are written `{}`. */
export interface RegistryRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  handle(registry: EmbeddedRegistry, call: RegistryCall): Promise<RegistryAnswer>;
}

/** A route that answers 200. */
export function route(
  method: RegistryRoute['method'],
  path: string,
  answer: (registry: EmbeddedRegistry, call: RegistryCall) => Promise<unknown> | unknown,
): RegistryRoute {
  return { method, path, handle: async (registry, call) => ({ status: 200, body: await answer(registry, call) }) };
}

/** The schema that a body brings. 42201 for other kinds than Avro, and for references, which are not offered. */
export function schemaOf(call: RegistryCall): string {
  const { schema, schemaType = 'AVRO', references = [] } = call.body();
  if (schemaType !== 'AVRO' && schemaType !== null && schemaType !== '')
    throw registryError(42201, `Schemas of type ${String(schemaType).slice(0, 32)} are not supported; use AVRO.`);
  if (Array.isArray(references) && references.length > 0)
    throw registryError(42201, 'References to other schemas are not supported; write the types into the schema.');
  if (typeof schema === 'string' && schema !== '') return schema;
  throw registryError(42201, 'The body needs a "schema": an Avro schema as a text of JSON.');
}

/** A place of the path; '' only when the route has no such place. */
export function placeOf({ places }: RegistryCall, index: number): string {
  return places[index] ?? '';
}

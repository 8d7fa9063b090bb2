import { isObject, ParleyError } from '../../base/index.ts';
import type { EmbeddedRegistry } from './embedded-registry.ts';
import { registryError } from './registry-error.ts';
import { configRoutes } from './rest-config-routes.ts';
import type { RegistryAnswer, RegistryCall } from './rest-route.ts';
import { schemaRoutes } from './rest-schema-routes.ts';
import { subjectRoutes } from './rest-subject-routes.ts';

/** A request to the registry's REST API; who may write has been looked at. */
export interface RegistryRequest {
  readonly method: string;
  /** Below the registry's root, as it was sent: `/subjects/a/versions`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** '' when there is none. */
  readonly body: string;
}

/** The REST API of Confluent's registry over one of our own: paths, answers, statuses and error numbers are Confluent's. */
export interface RegistryRest {
  /** True for a request that changes something, which is for operators. Looking a schema up is a POST that changes nothing. */
  changes(request: Pick<RegistryRequest, 'method' | 'path'>): boolean;
  /** Never throws for what the caller did: that is an answer, too. Throws what the storage throws. */
  handle(request: RegistryRequest): Promise<RegistryAnswer>;
}

function changesRegistry({ method, path }: Pick<RegistryRequest, 'method' | 'path'>): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return !(method === 'POST' && /^\/(?:compatibility\/|subjects\/[^/]+\/?$)/.test(path));
}

/** The API over a registry. */
export function createRegistryRest(registry: EmbeddedRegistry): RegistryRest {
  const routes = [...subjectRoutes, ...schemaRoutes, ...configRoutes].map((route) => ({
    route,
    segments: route.path.split('/').slice(1),
  }));
  return {
    changes: changesRegistry,
    async handle(request) {
      try {
        const segments = request.path.replace(/\/$/, '').split('/').slice(1).map(decodeSegment);
        for (const { route, segments: wanted } of routes) {
          const places = route.method === request.method ? match(wanted, segments) : undefined;
          if (places !== undefined) return await route.handle(registry, toCall(request, places));
        }
        throw registryError(404, `HTTP 404 Not Found: there is no ${request.method} ${request.path.slice(0, 128)}`);
      } catch (thrown) {
        return toAnswer(thrown);
      }
    },
  };
}

function match(wanted: readonly string[], given: readonly string[]): string[] | undefined {
  if (wanted.length !== given.length) return undefined;
  const places: string[] = [];
  for (const [index, word] of wanted.entries()) {
    const text = given[index] ?? '';
    if (word === '{}') places.push(text);
    else if (word !== text) return undefined;
  }
  return places;
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw registryError(404, 'HTTP 404 Not Found: the path is not encoded as a URL is');
  }
}

function toCall({ query, body }: RegistryRequest, places: readonly string[]): RegistryCall {
  return {
    places,
    isSet: (name) => query.get(name) === 'true',
    text: (name) => query.get(name) ?? '',
    body: () => parseBody(body),
  };
}

function parseBody(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw new ParleyError('INVALID_PARAMS', 'The body is not valid JSON.', { cause, details: { errorCode: 400 } });
  }
  throw registryError(422, 'The body must be a map.');
}

/** What the caller did wrong, in the API's own form; anything else goes on. */
function toAnswer(thrown: unknown): RegistryAnswer {
  if (!(thrown instanceof ParleyError)) throw thrown;
  const { errorCode, ...rest } = thrown.details;
  if (typeof errorCode !== 'number') {
    if (thrown.entry.http >= 500) throw thrown;
    return { status: thrown.entry.http, body: { error_code: thrown.entry.http, message: thrown.message } };
  }
  const status = errorCode > 1_000 ? Math.floor(errorCode / 100) : errorCode;
  const details = Array.isArray(rest['violations']) ? { violations: rest['violations'] } : {};
  return { status, body: { error_code: errorCode, message: thrown.message, ...details } };
}

import { hasCode, isObject, ParleyError } from '../../base/index.ts';
import type { HttpClient, HttpResponse } from '../../drivers/http/index.ts';
import { parseCompatibilityLevel } from './compatibility.ts';
import type { RegisteredSchema, SchemaRegistry } from './port.ts';
import { codeOfRegistryError } from './registry-error.ts';

export interface HttpRegistryOptions {
  /** Such as `http://127.0.0.1:8081` or `https://registry.example/apis/ccompat/v7`; `user:password@` becomes Basic authorization. */
  readonly url: string;
  /** The way out. Who calls `close` of the registry closes it. */
  readonly http: HttpClient;
  /** For one request. Default 10,000. */
  readonly timeoutMs?: number;
}

interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
}

const mediaType = 'application/vnd.schemaregistry.v1+json';

/** Any registry with Confluent's REST API: Confluent's, Redpanda's, Apicurio's, another node's. Opens nothing before the first call. UNAVAILABLE while it is away. */
export function createHttpRegistry({ url, http, timeoutMs = 10_000 }: HttpRegistryOptions): SchemaRegistry {
  const base = parseBase(url);
  const call = async ({ method, path, body }: Exchange): Promise<unknown> => {
    const request = {
      method,
      url: base.url + path,
      headers: { accept: `${mediaType}, application/json`, 'content-type': mediaType, ...base.headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      timeoutMs,
    };
    return readAnswer(await http.request(request).catch(throwAway), path);
  };
  return { ...createReads(call), ...createSchemaCalls(call), ...createLevels(call), close: () => http.close() };
}

type Call = (exchange: Exchange) => Promise<unknown>;

const name = encodeURIComponent;

function createReads(call: Call): Pick<SchemaRegistry, 'getById' | 'getVersion' | 'listVersions' | 'listSubjects'> {
  const get = (path: string): Promise<unknown> => call({ method: 'GET', path });
  return {
    getById: async (id) => textOf(await get(`/schemas/ids/${id}`), 'schema'),
    getVersion: async (subject, version) => readVersion(await get(`/subjects/${name(subject)}/versions/${version}`)),
    listVersions: async (subject) => listOf(await get(`/subjects/${name(subject)}/versions`), 'number'),
    listSubjects: async () => listOf(await get('/subjects'), 'string'),
  };
}

function createSchemaCalls(call: Call): Pick<SchemaRegistry, 'register' | 'lookup' | 'check'> {
  const post = (path: string, schema: string): Promise<unknown> => call({ method: 'POST', path, body: { schema } });
  return {
    register: async (subject, schema) => numberOf(await post(`/subjects/${name(subject)}/versions`, schema), 'id'),
    async lookup(subject, schema) {
      try {
        return readVersion(await post(`/subjects/${name(subject)}`, schema));
      } catch (thrown) {
        return orNotThere(thrown, undefined);
      }
    },
    async check(subject, schema) {
      const path = `/compatibility/subjects/${name(subject)}/versions?verbose=true`;
      try {
        return readVerdict(await post(path, schema));
      } catch (thrown) {
        return orNotThere(thrown, { compatible: true, messages: [] });
      }
    },
  };
}

function createLevels(call: Call): Pick<SchemaRegistry, 'getCompatibility' | 'setCompatibility'> {
  const pathOf = (subject: string | undefined): string =>
    subject === undefined ? '/config' : `/config/${name(subject)}`;
  return {
    async getCompatibility(subject) {
      const path = subject === undefined ? pathOf(subject) : `${pathOf(subject)}?defaultToGlobal=true`;
      return parseCompatibilityLevel(textOf(await call({ method: 'GET', path }), 'compatibilityLevel'));
    },
    async setCompatibility(compatibility, subject) {
      await call({ method: 'PUT', path: pathOf(subject), body: { compatibility } });
    },
  };
}

function parseBase(text: string): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ParleyError('CONFIG_INVALID', 'schemaRegistry.url is no address; write it as http://127.0.0.1:8081.');
  const { username, password } = url;
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = username === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  return { url: url.origin + url.pathname.replace(/\/$/, ''), headers };
}

/** Who asks us reaches us: it is the registry behind us that is away. */
function throwAway(thrown: unknown): never {
  if (!hasCode(thrown, 'UNREACHABLE') && !hasCode(thrown, 'DEADLINE_EXCEEDED')) throw ParleyError.from(thrown);
  const message = `The schema registry does not answer: ${ParleyError.from(thrown).message}`;
  throw new ParleyError('UNAVAILABLE', message, { cause: thrown });
}

async function readAnswer(response: HttpResponse, path: string): Promise<unknown> {
  if (response.status < 400) return response.json();
  const body: unknown = await response.json().catch(() => undefined);
  const { error_code: errorCode = response.status, message = 'no reason was given' } = isObject(body) ? body : {};
  const code = codeOfRegistryError(errorCode) ?? codeOfRegistryError(response.status) ?? codeOfStatus(response.status);
  const text = `The schema registry refused ${path.split('?', 1)[0]} with ${errorCode}: ${String(message).slice(0, 1_000)}`;
  throw new ParleyError(code, text, { details: { errorCode } });
}

function codeOfStatus(
  status: number,
): 'UNAUTHENTICATED' | 'PERMISSION_DENIED' | 'UNAVAILABLE' | 'INVALID_AGENT_RESPONSE' {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'PERMISSION_DENIED';
  return status === 429 || status >= 500 ? 'UNAVAILABLE' : 'INVALID_AGENT_RESPONSE';
}

/** A subject, version or schema that is not there is an answer; an address that is no registry's is not. */
function orNotThere<Answer>(thrown: unknown, answer: Answer): Answer {
  const errorCode = thrown instanceof ParleyError ? thrown.details['errorCode'] : undefined;
  if (errorCode === 40401 || errorCode === 40402 || errorCode === 40403) return answer;
  throw thrown;
}

function readVersion(value: unknown): RegisteredSchema {
  return {
    subject: textOf(value, 'subject'),
    version: numberOf(value, 'version'),
    id: numberOf(value, 'id'),
    schema: textOf(value, 'schema'),
  };
}

function readVerdict(value: unknown): { readonly compatible: boolean; readonly messages: readonly string[] } {
  if (!isObject(value) || typeof value['is_compatible'] !== 'boolean') throw noRegistry('is_compatible');
  const messages: unknown = value['messages'];
  return { compatible: value['is_compatible'], messages: Array.isArray(messages) ? messages.map(String) : [] };
}

function textOf(value: unknown, key: string): string {
  const found = isObject(value) ? value[key] : undefined;
  if (typeof found === 'string') return found;
  throw noRegistry(key);
}

function numberOf(value: unknown, key: string): number {
  const found = isObject(value) ? value[key] : undefined;
  if (typeof found === 'number') return found;
  throw noRegistry(key);
}

function listOf<Kind extends 'number' | 'string'>(
  value: unknown,
  kind: Kind,
): (Kind extends 'number' ? number : string)[] {
  if (Array.isArray(value) && value.every((item) => typeof item === kind)) return value;
  throw noRegistry('a list');
}

function noRegistry(missing: string): ParleyError {
  const message = `What answers at schemaRegistry.url is no schema registry: ${missing} is missing in its answer.`;
  return new ParleyError('INVALID_AGENT_RESPONSE', message);
}

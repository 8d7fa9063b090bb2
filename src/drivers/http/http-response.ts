import type { Dispatcher } from 'undici';
import { ParleyError } from '../../base/index.ts';
import { toHttpError } from './http-errors.ts';
import { collectBytes, limitBody } from './limited-body.ts';
import type { HttpResponse } from './port.ts';

const defaultMaxBodyBytes = 16 * 1024 * 1024;

interface Answer {
  readonly url: URL;
  readonly answer: Dispatcher.ResponseData;
  readonly signal: AbortSignal;
  readonly maxBodyBytes?: number;
}

/** undici's answer behind the port: limited, and with our errors. */
export function createHttpResponse(source: Answer): HttpResponse {
  const { url, answer } = source;
  const body = readBody(source);
  const bytes = (): Promise<Uint8Array> => collectBytes(body);
  const text = async (): Promise<string> => Buffer.from(await bytes()).toString('utf8');
  return {
    url: url.href,
    status: answer.statusCode,
    headers: joinHeaders(answer.headers),
    body,
    bytes,
    text,
    json: async () => parseJson(await text(), url.origin),
    discard: () => answer.body.dump(),
  };
}

async function* readBody({ url, answer, signal, maxBodyBytes }: Answer): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* limitBody(answer.body, maxBodyBytes ?? defaultMaxBodyBytes, url.origin);
  } catch (thrown) {
    throw toHttpError(thrown, url.origin, signal);
  }
}

function joinHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function parseJson(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParleyError('INVALID_AGENT_RESPONSE', `${origin} answered with something that is not JSON.`, { cause });
  }
}

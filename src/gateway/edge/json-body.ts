import { isUtf8 } from 'node:buffer';
import { ParleyError } from '../../base/index.ts';

const jsonTypes = /^application\/(?:a2a\+)?json\s*(?:;|$)/i;

/** CONTENT_TYPE_NOT_SUPPORTED unless the header says JSON or A2A's JSON. */
export function requireJsonType(contentType: string | undefined): void {
  if (contentType === 'application/json' || (contentType !== undefined && jsonTypes.test(contentType))) return;
  const message = `The body is sent as "${contentType ?? ''}". Send it as application/json or application/a2a+json.`;
  throw new ParleyError('CONTENT_TYPE_NOT_SUPPORTED', message);
}

/** The body's JSON value; undefined when there is no body. Keys that could reach a prototype are dropped. */
export function parseJsonBody(body: unknown, contentType: string | undefined): unknown {
  if (!Buffer.isBuffer(body)) {
    if (body !== undefined && body !== null) requireJsonType(contentType);
    return undefined;
  }
  if (body.length === 0) return undefined;
  requireJsonType(contentType);
  if (!isUtf8(body)) throw new ParleyError('PARSE_ERROR', 'The body is not valid UTF-8.');
  const text = body.toString('utf8');
  try {
    return suspicious.test(text) ? JSON.parse(text, dropPrototype) : JSON.parse(text);
  } catch (thrown) {
    throw new ParleyError('PARSE_ERROR', 'The body is not valid JSON.', { cause: thrown });
  }
}

/** The key itself, or an escape that may spell it. */
const suspicious = /__proto__|\\u/;

function dropPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

import type { IncomingHttpHeaders } from 'node:http';
import { type Codec, idempotentSendUri, type OperationName, taskGenerationUri } from '../../protocol/index.ts';

const sends: ReadonlySet<OperationName> = new Set(['sendMessage', 'streamMessage']);

const ofTasks: ReadonlySet<OperationName> = new Set([
  ...sends,
  'getTask',
  'listTasks',
  'cancelTask',
  'subscribeToTask',
] as const);

/** True when the caller asks for that extension, by the header of 1.0 or of 0.3. */
export function asksForExtension(headers: IncomingHttpHeaders, uri: string): boolean {
  return names(headers['a2a-extensions'], uri) || names(headers['x-a2a-extensions'], uri);
}

function names(header: string | readonly string[] | undefined, uri: string): boolean {
  if (header === undefined) return false;
  return [header].flat().some((list) => list.split(',').some((name) => name.trim() === uri));
}

export interface ExtensionUse {
  readonly headers: IncomingHttpHeaders;
  readonly codec: Codec;
  readonly operation: OperationName;
}

/** Under which name the caller is told which of the extensions that it asked for are in use; undefined when none is. */
export function listUsedExtensions({
  headers,
  codec,
  operation,
}: ExtensionUse): { readonly name: string; readonly value: string } | undefined {
  if (headers['a2a-extensions'] === undefined && headers['x-a2a-extensions'] === undefined) return undefined;
  const used: string[] = [];
  const isOld = codec.version === '0.3';
  if (sends.has(operation) && asksForExtension(headers, idempotentSendUri)) used.push(idempotentSendUri);
  if (!isOld && ofTasks.has(operation) && asksForExtension(headers, taskGenerationUri)) used.push(taskGenerationUri);
  if (used.length === 0) return undefined;
  return { name: isOld ? 'X-A2A-Extensions' : 'A2A-Extensions', value: used.join(', ') };
}

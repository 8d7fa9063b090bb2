import type { IncomingMessage } from 'node:http';
import { ParleyError } from '../../base/index.ts';
import type { Registry } from '../../registry/index.ts';
import { findTarget } from '../a2a/target.ts';
import type { Visited } from './visit.ts';

/** Whom a request is for: `deploymentId`, whose port it came in by, or whom its path names. AGENT_NOT_FOUND, INVALID_REQUEST. */
export function findVisited(registry: Registry, request: IncomingMessage, deploymentId: string | undefined): Visited {
  const { url = '' } = request;
  if (deploymentId !== undefined)
    return { endpoint: registry.find(deploymentId), prefix: '', ...splitAddress(url, '') };
  const [named = '', segment = ''] = /^\/agents\/([^/?]*)/.exec(url) ?? [];
  const id = decodeId(segment);
  return { endpoint: findTarget(registry, id), prefix: `/agents/${id}`, ...splitAddress(url, named) };
}

/** What stands behind `prefix`, which the address begins with. */
function splitAddress(url: string, prefix: string): Pick<Visited, 'path' | 'query'> {
  const own = url.slice(prefix.length);
  const mark = own.indexOf('?');
  const path = mark < 0 ? own : own.slice(0, mark);
  if (path === '' || path.startsWith('/')) return { path, query: mark < 0 ? '' : own.slice(mark) };
  throw new ParleyError('INVALID_REQUEST', 'The request names no path. Send one that begins with a slash.');
}

/** What cannot be decoded is no id. */
function decodeId(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}

import type { IncomingMessage } from 'node:http';
import type { Endpoint } from '../../registry/index.ts';

/**
 * Where the front door answers what PAR's workers answer on their own ports: `POST /exports/{name}` for an export that the agent has,
 * and `POST /invoke` where the package has no routes of its own. Undefined: the request is the package's.
 */
export function findWorkerRoute(
  { method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>,
  { id, record, surfaces }: Endpoint,
): string | undefined {
  if (method !== 'POST') return undefined;
  const [path = ''] = url.split('?', 1);
  if (path === '/invoke') return surfaces?.rest === undefined ? `/agents/${id}${url}` : undefined;
  const name = /^\/exports\/([^/]+)$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const isExport = surfaces?.rest === undefined || record.skills.some((skill) => encodeURIComponent(skill.id) === name);
  return isExport ? `/agents/${id}${url}` : undefined;
}

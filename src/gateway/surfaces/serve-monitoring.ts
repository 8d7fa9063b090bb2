import { ParleyError } from '../../base/index.ts';
import type { MarketAgentView } from '../../control/index.ts';
import { requireObserver } from '../edge/require-observer.ts';
import { sendJson, sendPlain } from './answer.ts';
import { formatMarketMetrics, formatMarketStatus, rolesOfAgent } from './format-monitoring.ts';
import type { SurfaceDesk } from './surface-desk.ts';
import type { Visit } from './visit.ts';

const monitored: ReadonlySet<string> = new Set(['/health', '/status', '/metrics']);

/**
 * Answers `/status` and `/metrics` of an agent with a role in the market; false: the request is none of these. Business goes over the
 * log: what would be told at an address of monitoring is METHOD_NOT_FOUND.
 */
export async function serveMonitoring(desk: SurfaceDesk, visit: Visit): Promise<boolean> {
  const { path, request, endpoint } = visit;
  if (!monitored.has(path) || rolesOfAgent(endpoint, desk.services().marketRoles).length === 0) return false;
  if (request.method !== 'GET' && request.method !== 'HEAD') throw onlyRead(visit);
  if (path === '/health') return false;
  await requireObserver(desk.services().authenticator, request);
  const view = await findView(desk, endpoint.agentId);
  if (path === '/status') sendJson(visit, 200, formatMarketStatus(view));
  else sendPlain(visit, 'text/plain; version=0.0.4; charset=utf-8', formatMarketMetrics(view));
  return true;
}

async function findView(desk: SurfaceDesk, agentId: string): Promise<MarketAgentView> {
  const { control } = desk.services();
  if (control !== undefined) return control.market.agent(agentId);
  throw new ParleyError('NOT_FOUND', `This node knows nothing of ${agentId} in the market.`);
}

function onlyRead({ request, path }: Visit): ParleyError {
  const message = `There is no route ${request.method} ${path}: this port is for monitoring. Business goes over the log (docs/market.md).`;
  return new ParleyError('METHOD_NOT_FOUND', message);
}

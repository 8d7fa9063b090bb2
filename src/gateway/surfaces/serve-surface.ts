import { sendJson, sendSurfaceFailure } from './answer.ts';
import { describeSurfaces } from './describe-surfaces.ts';
import { rolesOfAgent } from './format-monitoring.ts';
import { proxyRequest } from './proxy-request.ts';
import { createOwnHeaders } from './response-headers.ts';
import { serveMonitoring } from './serve-monitoring.ts';
import { servePageFile, servePageLink } from './serve-page.ts';
import { settleCaller } from './settle-caller.ts';
import type { SurfaceDesk } from './surface-desk.ts';
import { requireServing, servesNothing } from './take-place.ts';
import type { Visit } from './visit.ts';

/**
 * Answers a request to a deployment's surfaces: what the node knows of it, a file of its page, its own routes, and for a person's
 * link to what is none of these the page itself. Never throws.
 */
export async function serveSurface(desk: SurfaceDesk, visit: Visit): Promise<void> {
  try {
    if (await serveMonitoring(desk, visit)) return;
    const { endpoint } = visit;
    const roles = rolesOfAgent(endpoint, desk.services().marketRoles);
    const described = describeSurfaces(visit.path, { endpoint, roles, nowMs: desk.clock.now() });
    if (described) {
      sendJson(admit(desk, visit), described.status, described.body);
      return;
    }
    if (answerPreflight(desk, visit)) return;
    const principal = await settleCaller(desk, visit);
    requireServing(visit.endpoint);
    // Files of a page are for whoever sees the page, whose origin below the front door is none: no other is asked for.
    if (visit.endpoint.surfaces?.ui && (await servePageFile(visit))) return;
    if (visit.endpoint.surfaces?.rest && desk.upstream) {
      await proxyRequest({ desk, upstream: desk.upstream, visit: admit(desk, visit), principal });
    } else if (!(await servePageLink(visit))) throw servesNothing(visit.endpoint);
  } catch (thrown) {
    sendSurfaceFailure(visit, thrown, desk.logger);
  }
}

/** True when the request was the question of a browser, which comes without a credential, for an allowed page. */
function answerPreflight(desk: SurfaceDesk, visit: Visit): boolean {
  const { rest } = visit.endpoint.surfaces ?? {};
  if (visit.request.method !== 'OPTIONS' || rest === undefined || desk.upstream === undefined) return false;
  const admitted = admit(desk, visit);
  if (admitted === visit) return false;
  requireServing(visit.endpoint);
  sendPreflight(admitted);
  return true;
}

/** The visit, whose answer an allowed foreign page may read. FORBIDDEN_ORIGIN when a foreign page asks that is not allowed. */
function admit(desk: SurfaceDesk, visit: Visit): Visit {
  const { request, prefix, correlationId } = visit;
  const origin = desk.checkOrigin(request.headers);
  return origin === undefined ? visit : { ...visit, ownHeaders: createOwnHeaders(prefix, correlationId, origin) };
}

/** Answers a browser that asks for an allowed page whether it may. */
function sendPreflight({ request, response, ownHeaders }: Visit): void {
  const asked = request.headers['access-control-request-headers'];
  response.writeHead(204, [
    ...ownHeaders,
    ...['access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
    ...(asked === undefined ? [] : ['access-control-allow-headers', asked]),
    ...['access-control-max-age', '600'],
  ]);
  response.end();
}

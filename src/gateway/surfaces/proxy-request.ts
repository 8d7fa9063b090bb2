import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ParleyError } from '../../base/index.ts';
import type { SurfacePlace } from '../../registry/index.ts';
import type { Principal } from '../../security/index.ts';
import { schemeOf } from '../edge/scheme.ts';
import { sendSurfaceFailure } from './answer.ts';
import { readLimitedBody } from './limited-body.ts';
import { createPackageHeaders } from './request-headers.ts';
import { createAnswerHeaders } from './response-headers.ts';
import { isPageLink, servePageLink } from './serve-page.ts';
import type { SurfaceDesk } from './surface-desk.ts';
import { nodeStops, servesNothing, takePlace, toCallerError } from './take-place.ts';
import type { Upstream, UpstreamExchange, UpstreamHandler, UpstreamHeaders, UpstreamRequest } from './upstream.ts';
import type { Visit } from './visit.ts';

export interface ProxyExchange {
  readonly desk: SurfaceDesk;
  readonly upstream: Upstream;
  readonly visit: Visit;
  /** Who visits. */
  readonly principal: Principal;
}

/**
 * Hands a request to a worker and its answer to the caller, both as they come and only as fast as they are taken. A caller that
 * leaves ends the worker's request. Rejects with what can be said before anything is sent.
 */
export async function proxyRequest({ desk, upstream, visit, principal }: ProxyExchange): Promise<void> {
  const body = await readLimitedBody(visit.request, desk.bodyBytes);
  const place = takePlace(visit.endpoint);
  try {
    const { method = 'GET' } = visit.request;
    const request = { method, body, upgrade: false, ...addressWorker(desk, visit, { place, principal }) };
    new ProxiedRequest(desk, visit, place).run(upstream, request);
  } catch (thrown) {
    place.release();
    throw thrown;
  }
}

/** Where a request to a worker goes, and the headers that it has. */
export function addressWorker(
  desk: SurfaceDesk,
  visit: Pick<Visit, 'request' | 'endpoint' | 'correlationId' | 'prefix' | 'path' | 'query'>,
  { place, principal }: { readonly place: SurfacePlace; readonly principal: Principal },
): Pick<UpstreamRequest, 'socketPath' | 'path' | 'headers'> {
  const { request, endpoint, correlationId, prefix, path, query } = visit;
  const deployment = { agentId: endpoint.agentId, deploymentId: endpoint.id };
  const callerToken = desk.services().callerTokens.issue(principal, deployment, desk.clock.now());
  const scheme = desk.isBehindTls ? 'https' : schemeOf(request);
  const headers = createPackageHeaders(request, { callerToken, correlationId, prefix, scheme });
  return { socketPath: place.socketPath, path: (path === '' ? '/' : path) + query, headers };
}

class ProxiedRequest implements UpstreamHandler {
  readonly #desk: SurfaceDesk;
  readonly #visit: Visit;
  readonly #place: SurfacePlace;
  #exchange: UpstreamExchange | undefined;
  #forget: (() => void) | undefined;
  #isHeadSent = false;
  #awaitsDrain = false;
  #isClosed = false;
  /** Its answer is not the caller's: the page is. */
  #isDropped = false;

  constructor(desk: SurfaceDesk, visit: Visit, place: SurfacePlace) {
    this.#desk = desk;
    this.#visit = visit;
    this.#place = place;
  }

  run(upstream: Upstream, request: UpstreamRequest): void {
    const { response } = this.#visit;
    this.#forget = this.#desk.exchanges.add(() => this.#breakOff());
    response.once('close', () => this.#closed());
    this.#exchange = upstream.send(request, this);
    // The caller may have left while the request was looked at.
    if (response.destroyed) this.#closed();
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    const { response } = this.#visit;
    this.#isDropped = status === 404 && isPageLink(this.#visit);
    if (this.#isDropped) return;
    response.writeHead(status, createAnswerHeaders(this.#visit, headers));
    // With what comes along it is one write; a stream that is silent at first begins none the less.
    process.nextTick(() => {
      if (!this.#isHeadSent) response.flushHeaders();
    });
  }

  onData(chunk: Uint8Array): void {
    const { response } = this.#visit;
    if (this.#isDropped) return;
    this.#isHeadSent = true;
    if (response.write(chunk) || this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    this.#exchange?.pause();
    response.once('drain', () => {
      this.#awaitsDrain = false;
      this.#exchange?.resume();
    });
  }

  onEnd(): void {
    this.#isHeadSent = true;
    if (this.#isDropped) void this.#sendPage();
    else this.#visit.response.end();
  }

  onUpgrade(_headers: UpstreamHeaders, socket: Duplex): void {
    socket.destroy();
    this.#visit.response.destroy();
  }

  onError(error: ParleyError): void {
    const { endpoint } = this.#visit;
    sendSurfaceFailure(this.#visit, toCallerError(error, endpoint), this.#desk.logger);
  }

  async #sendPage(): Promise<void> {
    try {
      if (!(await servePageLink(this.#visit))) throw servesNothing(this.#visit.endpoint);
    } catch (thrown) {
      sendSurfaceFailure(this.#visit, thrown, this.#desk.logger);
    }
  }

  #breakOff(): void {
    this.#exchange?.abort();
    sendSurfaceFailure(this.#visit, nodeStops(), this.#desk.logger);
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#exchange?.abort();
    this.#forget?.();
    this.#place.release();
    letGo(this.#visit.request);
  }
}

/** A worker may answer before it has read all: the rest must not stand in the way of the connection's next request. */
function letGo(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  // Its reader, which nobody asks any more, would hold it.
  request.removeAllListeners('readable');
  request.resume();
}

import type { IncomingHttpHeaders } from 'node:http2';
import type { Endpoint } from '../../registry/index.ts';
import type { PlacedCall, Principal } from '../../security/index.ts';
import { readCorrelationId } from '../edge/correlation.ts';
import { formatGrpcTimeout, parseGrpcTimeout } from './grpc-timeout.ts';
import type { RoutingDesk } from './routing-desk.ts';

/** Under which conditions a call goes to the worker. */
export interface CallConditions {
  readonly correlationId: string;
  /** Its place among the calls of agents, when one of them makes it. */
  readonly placed: PlacedCall | undefined;
  /** Milliseconds that are left; undefined: no end. */
  readonly timeoutMs: number | undefined;
  /** The same for the worker. */
  readonly grpcTimeout: string | undefined;
}

/** From the call's headers. UNAUTHENTICATED for a call token that is not the caller's, CHAIN_REFUSED. */
export function readConditions(
  desk: RoutingDesk,
  headers: IncomingHttpHeaders,
  { principal, endpoint }: { readonly principal: Principal; readonly endpoint: Endpoint },
): CallConditions {
  const { authenticator, passedCalls } = desk.services();
  const correlationId = readCorrelationId(headers);
  const given = headers['grpc-timeout']?.toString();
  const ownMs = earlier(parseGrpcTimeout(given), readTimeout(headers));
  const token = headers['parley-call-token']?.toString();
  const chain = token === undefined ? undefined : authenticator.verifyChain(token, principal);
  if (principal.kind !== 'worker') return { correlationId, placed: undefined, ...timeouts(given, ownMs) };
  const nowMs = desk.clock.now();
  const placed = passedCalls.enter({
    ...{ principal, chain, correlationId, nowMs },
    ...{ agentId: endpoint.agentId, deploymentId: endpoint.id },
    deadlineAtMs: ownMs === undefined ? undefined : nowMs + ownMs,
  });
  const timeoutMs = placed.deadlineAtMs === undefined ? undefined : placed.deadlineAtMs - nowMs;
  return { correlationId: placed.correlationId, placed, ...timeouts(given, timeoutMs) };
}

/** What the caller said of the time stays as it is, unless less is left. */
function timeouts(given: string | undefined, timeoutMs: number | undefined) {
  if (timeoutMs === undefined) return { timeoutMs, grpcTimeout: undefined };
  const grpcTimeout = parseGrpcTimeout(given) === timeoutMs ? given : formatGrpcTimeout(timeoutMs);
  return { timeoutMs, grpcTimeout };
}

function readTimeout(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['parley-timeout-ms'];
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

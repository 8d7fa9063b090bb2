import type { IncomingHttpHeaders } from 'node:http2';

/** What the path of a call says. */
export interface CallAddress {
  /** The service's full name. */
  readonly service: string;
  /** `/service/method`, as a gRPC server knows it. */
  readonly path: string;
  /** The agent or deployment, when the path names one. */
  readonly agent: string | undefined;
}

const routed = /^\/agents\/([^/]{1,128})\/a2a(\/.*)$/;

/** Reads `/service/method`, and `/agents/{id}/a2a/service/method`, by which some clients name the agent. */
export function readCallAddress(headers: IncomingHttpHeaders): CallAddress {
  const whole = headers[':path'] ?? '';
  const [, agent, rest = ''] = (whole.startsWith('/agents/') && routed.exec(whole)) || [];
  const path = agent === undefined ? whole : rest;
  const end = path.indexOf('/', 1);
  return { service: end < 0 ? path.slice(1) : path.slice(1, end), path, agent };
}

import { callHttp, type HttpAnswer } from './http-call.ts';
import type { TestNode } from './test-node.ts';

/** What PAR's control plane is told of a deployment. */
export interface DeploymentHealth {
  readonly status: string;
  readonly healthy: boolean;
  readonly message: string | null;
  readonly details: { readonly error?: string };
  readonly surfaces: Readonly<Record<'rest' | 'a2a' | 'ui', boolean>>;
  readonly ports: Readonly<Record<'rest' | 'a2a' | 'ui', number | null>> | null;
}

export interface ParCall {
  readonly method?: string;
  readonly path: string;
  /** Default: the operator's credential; `null` sends none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One call of PAR's HTTP contract, as its clients make it. */
export function callPar(
  node: TestNode,
  { method, path, token = node.token, headers, body }: ParCall,
): Promise<HttpAnswer> {
  return callHttp({
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    url: `${node.url}${path}`,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** A deploy call as PAR's control plane makes it. */
export function callDeploy(
  node: TestNode,
  body: Readonly<Record<string, unknown>> & { readonly deploymentId: string },
): Promise<HttpAnswer> {
  const known = { agentAppId: 'app', orgId: 'org', version: '1.0.0' };
  const headers = { 'idempotency-key': body.deploymentId };
  return callPar(node, { path: '/deploy', headers, body: { ...known, ...body } });
}

export async function readHealth(node: TestNode, id: string): Promise<DeploymentHealth> {
  const { body } = await callPar(node, { path: `/deployments/${id}/health`, token: null });
  return body as DeploymentHealth;
}

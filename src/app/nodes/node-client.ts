import { type Clock, ParleyError } from '../../base/index.ts';
import { createHttpClient, type HttpClient, type HttpResponse } from '../../drivers/http/index.ts';
import type { NodeCalls } from '../../security/index.ts';
import type { NodeDocument } from './node-document.ts';
import { fromWireError, nodeAnswerHeader, nodeCallHeader, type WireError } from './wire.ts';

/** A node as it is called. */
export type CalledNode = Pick<NodeDocument, 'id' | 'address'>;

export interface NodeRequest {
  readonly path: string;
  /** JSON. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface NodeClientOptions {
  readonly selfId: string;
  readonly calls: NodeCalls;
  readonly clock: Clock;
}

/** Calls of this node to the inner addresses of others. */
export interface NodeClient {
  /**
   * The answer of a node that has proved to be the one that was called. Throws UNAVAILABLE when it was not reached at all, what
   * it refused with, WORKER_LOST when nobody knows whether the call arrived.
   */
  call(node: CalledNode, request: NodeRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

/** A node that lives writes something within so long. */
const idleTimeoutMs = 20_000;
const connectTimeoutMs = 5_000;
const notConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** A client with connections of its own for each node. */
export function createNodeClient({ selfId, calls, clock }: NodeClientOptions): NodeClient {
  const clients = new Map<string, HttpClient>();
  const clientOf = (origin: string): HttpClient => {
    const known = clients.get(origin);
    if (known) return known;
    const client = createHttpClient({ allow: { kind: 'origins', origins: [origin] }, connectTimeoutMs });
    clients.set(origin, client);
    return client;
  };
  return {
    async call({ id, address }, { path, body, headers, signal }) {
      const origin = `http://${address}`;
      const { token, nonce } = calls.sign({ from: selfId, to: id, path, body, nowMs: clock.now() });
      const response = await clientOf(origin)
        .request({
          ...{ method: 'POST' as const, url: origin + path, body, idleTimeoutMs, headTimeoutMs: idleTimeoutMs },
          ...{ maxBodyBytes: Number.POSITIVE_INFINITY, ...(signal && { signal }) },
          headers: { ...headers, 'content-type': 'application/json', [nodeCallHeader]: token },
        })
        .catch((thrown: unknown) => {
          throw signal?.aborted ? thrown : toUnreachable(thrown, id);
        });
      if (!calls.isAnswer(response.headers[nodeAnswerHeader], nonce, id)) throw await notTheNode(response, id);
      if (response.status >= 400) throw fromWireError(((await response.json()) as { error: WireError }).error);
      return response;
    },
    async close() {
      await Promise.all([...clients.values()].map((client) => client.close()));
    },
  };
}

function toUnreachable(thrown: unknown, nodeId: string): ParleyError {
  const safe = causes(thrown).some((code) => notConnected.has(code));
  const what = `Node ${nodeId} cannot be reached.`;
  if (safe) return new ParleyError('UNAVAILABLE', what, { cause: thrown, retryAfterMs: 1_000 });
  return new ParleyError('WORKER_LOST', `${what} Nobody knows whether it has taken the call.`, { cause: thrown });
}

function causes(thrown: unknown): string[] {
  const found: string[] = [];
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error) found.push(String(error.code));
    if (error instanceof AggregateError) found.push(...error.errors.flatMap(causes));
  }
  return found;
}

async function notTheNode(response: HttpResponse, nodeId: string): Promise<ParleyError> {
  await response.discard();
  const message = `What answers at the address of node ${nodeId} (status ${response.status}) has not the key of this fabric; give all nodes the same fabric.key, and look at node.address.`;
  return new ParleyError('UNAVAILABLE', message, { details: { nodeId }, retryAfterMs: 5_000 });
}

import type { ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import type { JsonObject } from '../../src/base/index.ts';
import { a2aMethods } from '../../src/gateway/grpc/a2a-methods.ts';
import { loadProtoJson } from '../../src/gateway/grpc/proto-json.ts';
import { findOperation, type Operation, operations } from '../../src/protocol/index.ts';
import { createGrpcClient } from './grpc-client.ts';
import type { TestNode } from './test-node.ts';

export type Headers = Readonly<Record<string, string>>;

/** A refusal as it came: the reason of its ErrorInfo, and the code of its wire (HTTP status, JSON-RPC code, gRPC status). */
export interface WireRefusal {
  readonly reason: string;
  readonly code: number;
}

/** One binding of A2A 1.0: asks an agent for an operation by its method. A refusal is thrown as an Error that is a WireRefusal. */
export type AskAgent = (agent: string, method: string, params: object, headers?: Headers) => Promise<JsonObject>;

export interface A2aBindings {
  readonly bindings: Readonly<Record<'JSON-RPC' | 'HTTP+JSON' | 'gRPC', AskAgent>>;
  close(): void;
}

const version: Headers = { 'a2a-version': '1.0' };

/** The three bindings of a node, without any library of A2A between; messages are JSON at both ends, over gRPC as its proto has them. */
export async function openBindings(node: TestNode): Promise<A2aBindings> {
  const grpc = createGrpcClient((await node.client.node.status()).grpcAddress ?? '', createDefinition());
  return {
    bindings: {
      'JSON-RPC': async (agent, method, params, headers = {}) => {
        const body = { jsonrpc: '2.0', id: 1, method, params };
        const { result } = await send(`${node.url}/a2a/${agent}`, { verb: 'POST', body, headers });
        return (result ?? {}) as JsonObject;
      },
      'HTTP+JSON': (agent, method, params, headers = {}) => {
        const operation = findOperation(method, '1.0');
        if (operation === undefined) throw new TypeError(`There is no method ${method}.`);
        const { verb, path, rest } = createRest(operation, params);
        const query = new URLSearchParams(verb === 'GET' ? (rest as Record<string, string>) : {});
        const url = `${node.url}/a2a/${agent}${path}${query.size > 0 ? `?${query}` : ''}`;
        return send(url, { verb, ...(verb === 'POST' && { body: rest }), headers });
      },
      gRPC: (agent, method, params, headers = {}) =>
        grpc.call<JsonObject>(method, params, { ...headers, 'x-deployment-id': agent }).catch(refuse),
    },
    close: () => grpc.close(),
  };
}

function createRest(operation: Operation, params: object): { verb: string; path: string; rest: object } {
  const [route] = operation.routes;
  if (route === undefined) throw new TypeError(`${operation.name} has no route.`);
  const rest: Record<string, unknown> = { ...params };
  const take = (name: string): string => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(String(value));
  };
  // In the paths of webhooks `id` is the task's, and `configId` what the message calls `id`.
  const ofWebhook = route.path.includes('pushNotificationConfigs');
  const names: Readonly<Record<string, string>> = ofWebhook ? { id: 'taskId', configId: 'id' } : { id: 'id' };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => take(names[name] ?? name));
  return { verb: route.verb, path, rest };
}

interface HttpRequest {
  readonly verb: string;
  readonly body?: object;
  readonly headers: Headers;
}

async function send(url: string, { verb, body, headers }: HttpRequest): Promise<JsonObject> {
  const answer = await fetch(url, {
    method: verb,
    headers: { 'content-type': 'application/json', ...version, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const value = (text === '' ? {} : JSON.parse(text)) as JsonObject;
  const failed = value['error'] as { readonly code: number } | undefined;
  if (failed === undefined) return value;
  throw createRefusal(/"reason":"(\w+)"/.exec(text)?.[1] ?? '', failed.code);
}

function refuse(error: ServiceError): never {
  const [details] = error.metadata.get('grpc-status-details-bin');
  const status = loadProtoJson('google/rpc/status.proto', 'google.rpc.Status');
  const info = loadProtoJson('google/rpc/error_details.proto', 'google.rpc.ErrorInfo');
  const [first] = (Buffer.isBuffer(details) ? status.decode(details)['details'] : []) as readonly {
    readonly value: string;
  }[];
  const reason =
    first === undefined ? error.message : String(info.decode(Buffer.from(first.value, 'base64'))['reason']);
  throw createRefusal(reason, error.code);
}

function createRefusal(reason: string, code: number): Error & WireRefusal {
  return Object.assign(new Error(`${reason} (${code})`), { reason, code });
}

function createDefinition(): ServiceDefinition {
  const streaming = new Set(operations.filter((entry) => entry.streaming).map(({ name }) => name));
  const unary = a2aMethods.filter(({ operation }) => operation !== 'getCard' && !streaming.has(operation));
  const entries = unary.map(({ name, request, response }) => {
    const [sent, got] = [request, response].map((type) => loadProtoJson('lf/a2a/v1/a2a.proto', type));
    const method = {
      path: `/lf.a2a.v1.A2AService/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: sent?.encode,
      requestDeserialize: sent?.decode,
      responseSerialize: got?.encode,
      responseDeserialize: got?.decode,
    };
    return [name, method] as const;
  });
  return Object.fromEntries(entries) as unknown as ServiceDefinition;
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { isObject, ParleyError } from '../../base/index.ts';
import { type Operation, type OperationName, resolveVersion } from '../../protocol/index.ts';
import type { Door } from '../door.ts';
import { parseJsonBody } from '../edge/json-body.ts';
import { sendFailure } from '../edge/reply.ts';
import { headerOf, placeOf, queryOf } from '../edge/request.ts';
import { oldRestWire, restWire, type Wire } from '../edge/wire.ts';
import type { OperationInput } from './operation-call.ts';
import { serveExchange } from './serve.ts';
import { addTenant, readTenantPlace } from './tenant.ts';

export interface RestExchange {
  readonly door: Door;
  readonly operation: Operation;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** An agent's or a deployment's id; undefined: at the root, where a tenant may name the agent. */
  readonly id: string | undefined;
}

/** A2A's HTTP+JSON binding: one route per operation. */
export async function serveRest({ door, operation, request, reply, id }: RestExchange): Promise<void> {
  let wire = wireOfRoute(request);
  try {
    const codec = resolveVersion({
      header: headerOf(request, 'a2a-version'),
      query: queryOf(request).get('A2A-Version') ?? undefined,
      ...(wire === oldRestWire && { path: '/v1/' }),
      binding: 'rest',
    });
    wire = codec.version === '0.3' ? oldRestWire : restWire;
    const input = addTenant(readInput(request, operation.name), readTenantPlace(request));
    await serveExchange({ door, request, reply, wire, codec, operation: operation.name, input, id });
  } catch (thrown) {
    sendFailure(reply, wire, thrown, door.options.logger);
  }
}

const pushOperations: ReadonlySet<OperationName> = new Set([
  'createPushConfig',
  'getPushConfig',
  'listPushConfigs',
  'deletePushConfig',
]);

/** The ids of the path are `taskId` and `id`: in a body, `id` is the configuration's own. */
function readPushParams(request: FastifyRequest, taskId: string): object {
  const body = request.method === 'POST' ? parseJsonBody(request.body, request.headers['content-type']) : {};
  if (!isObject(body)) throw new ParleyError('INVALID_PARAMS', 'The body must be a JSON object.');
  const id = placeOf(request, 'configId');
  return { ...body, taskId, ...(id !== '' && { id }) };
}

function wireOfRoute({ routeOptions }: FastifyRequest): Wire {
  return routeOptions.config.wire ?? restWire;
}

/** A route's path as the router writes it: `/tasks/{id}:cancel` → `/tasks/:id(^[^:/]+)::cancel`. */
export function formatRoutePath(path: string): string {
  return path
    .replaceAll(':', '::')
    .replaceAll(/\{(\w+)\}(?=::)/g, ':$1(^[^:/]+)')
    .replaceAll(/\{(\w+)\}/g, ':$1');
}

function readInput(request: FastifyRequest, operation: OperationName): OperationInput {
  const id = placeOf(request, 'id');
  if (pushOperations.has(operation)) return { kind: 'json', params: readPushParams(request, id) };
  if (request.method === 'GET') return { kind: 'query', id, query: queryOf(request) };
  const body = parseJsonBody(request.body, request.headers['content-type']);
  if (id === '') return { kind: 'json', params: body };
  if (body !== undefined && !isObject(body)) throw new ParleyError('INVALID_PARAMS', 'The body must be a JSON object.');
  return { kind: 'json', params: { ...body, id } };
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { ParleyError } from '../../base/index.ts';
import { findOperation, type JsonRpcCall, parseJsonRpc, resolveVersion } from '../../protocol/index.ts';
import type { Door } from '../door.ts';
import { requireJsonType } from '../edge/json-body.ts';
import { sendFailure } from '../edge/reply.ts';
import { headerOf, queryOf } from '../edge/request.ts';
import type { Wire } from '../edge/wire.ts';
import { type Exchange, serveExchange } from './serve.ts';

/** A2A's JSON-RPC binding: one POST, the method in the body. */
export async function serveJsonRpc(
  door: Door,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string | undefined,
): Promise<void> {
  let wire: Wire = withoutId;
  try {
    requireJsonType(request.headers['content-type']);
    const call = parseJsonRpc(Buffer.isBuffer(request.body) ? request.body : nothing);
    wire = { kind: 'json-rpc', id: call.id };
    await serveExchange({ door, request, reply, wire, id, ...readCall(request, call) });
  } catch (thrown) {
    sendFailure(reply, wire, thrown, door.options.logger);
  }
}

/** The wire of requests whose id is not known. */
export const withoutId: Wire = { kind: 'json-rpc', id: null };

const nothing = new Uint8Array();

function readCall(request: FastifyRequest, call: JsonRpcCall): Pick<Exchange, 'codec' | 'operation' | 'input'> {
  const codec = resolveVersion({
    header: headerOf(request, 'a2a-version'),
    query: queryOf(request).get('A2A-Version') ?? undefined,
    method: call.method,
  });
  const operation = findOperation(call.method, codec.version);
  if (!operation) throw methodNotFound(call.method, codec.version);
  return { codec, operation: operation.name, input: { kind: 'json', params: call.params } };
}

function methodNotFound(method: string, version: string): ParleyError {
  const examples = version === '0.3' ? 'message/send or tasks/get' : 'SendMessage or GetTask';
  const message = `There is no method "${method.slice(0, 64)}" in A2A ${version}; it names them as ${examples}.`;
  return new ParleyError('METHOD_NOT_FOUND', message);
}

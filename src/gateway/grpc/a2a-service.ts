import type { MethodDefinition, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { JsonObject, JsonValue } from '../../base/index.ts';
import type { OperationCall } from '../a2a/operation-call.ts';
import { isLongPoll, isStreamName, streamCalls, unaryCalls } from '../a2a/operation-calls.ts';
import type { A2aMethod } from './a2a-methods.ts';
import { getExtendedCard, getOldCard } from './cards.ts';
import { type A2aForm, createA2aCall } from './create-a2a-call.ts';
import type { GrpcDoor } from './grpc-door.ts';
import type { NamedService } from './grpc-service.ts';
import { handleStream, handleUnary, type StreamMethod, type UnaryMethod } from './methods.ts';
import { loadProtoJson } from './proto-json.ts';

export interface A2aServiceOptions extends A2aForm {
  readonly file: string;
  /** The service's full name. */
  readonly name: string;
  readonly methods: readonly A2aMethod[];
}

/** A2A over gRPC in one version: the operations of the other bindings, with messages where those have JSON. */
export function createA2aService(door: GrpcDoor, options: A2aServiceOptions): NamedService {
  const { file, name, methods } = options;
  const { logger } = door.options;
  const handlers: UntypedServiceImplementation = {};
  for (const method of methods) {
    handlers[method.name] =
      method.operation !== 'getCard' && isStreamName(method.operation)
        ? handleStream(createStream(door, options, method), logger)
        : handleUnary(createUnary(door, options, method), logger);
  }
  return { file, name, definition: createDefinition(options), methods: handlers };
}

function createUnary(door: GrpcDoor, form: A2aForm, method: A2aMethod): UnaryMethod<JsonObject, JsonObject> {
  return async (request, call) => {
    const { operation } = method;
    if (operation === 'getCard') return getOldCard(door, call);
    if (operation === 'getExtendedCard') return getExtendedCard({ door, form, method, request, call });
    if (isStreamName(operation)) throw new TypeError(`${operation} answers a stream.`);
    const operationCall = await createA2aCall({ door, form, method, request, call });
    if (!isLongPoll(operation, operationCall.context)) return toMessage(await unaryCalls[operation](operationCall));
    return holdOpen(door, operationCall, async (held) => toMessage(await unaryCalls[operation](held)));
  };
}

/** A call that waits counts as a stream, and ends with them. */
async function holdOpen<T>(door: GrpcDoor, call: OperationCall, work: (held: OperationCall) => Promise<T>): Promise<T> {
  const release = door.streams.take(call.context.principal.id);
  try {
    return await work({ ...call, signal: AbortSignal.any([call.signal, door.stopping]) });
  } finally {
    release();
  }
}

function createStream(door: GrpcDoor, form: A2aForm, method: A2aMethod): StreamMethod<JsonObject, JsonObject> {
  return async (request, call, send) => {
    const { operation } = method;
    if (operation === 'getCard' || !isStreamName(operation)) throw new TypeError(`${operation} answers no stream.`);
    const signal = AbortSignal.any([call.signal, door.stopping]);
    const operationCall = await createA2aCall({ door, form, method, request, call: { ...call, signal } });
    const release = door.streams.take(operationCall.context.principal.id);
    try {
      for await (const batch of streamCalls[operation](operationCall)) {
        for (const { item } of batch) await send(operationCall.codec.encodeStreamItem(item));
      }
    } finally {
      release();
    }
  };
}

/** What answers nothing in JSON is an empty message. */
function toMessage(json: JsonValue): JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : {};
}

/** The service as its proto file has it, but with messages as JSON at both ends. The file is read with the first message. */
function createDefinition({ file, name, methods }: A2aServiceOptions): ServiceDefinition {
  const entries = methods.map((method) => {
    const definition: MethodDefinition<JsonObject, JsonObject> = {
      path: `/${name}/${method.name}`,
      requestStream: false,
      responseStream: method.operation !== 'getCard' && isStreamName(method.operation),
      requestSerialize: (json) => loadProtoJson(file, method.request).encode(json),
      requestDeserialize: (bytes) => loadProtoJson(file, method.request).decode(bytes),
      responseSerialize: (json) => loadProtoJson(file, method.response).encode(json),
      responseDeserialize: (bytes) => loadProtoJson(file, method.response).decode(bytes),
    };
    return [method.name, definition] as const;
  });
  return Object.fromEntries(entries);
}

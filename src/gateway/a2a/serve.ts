import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Codec, OperationName } from '../../protocol/index.ts';
import { formatSseEvent } from '../../protocol/index.ts';
import type { SequencedItem } from '../../tasks/index.ts';
import type { Door } from '../door.ts';
import { sendEventStream } from '../edge/event-stream.ts';
import { sendResult } from '../edge/reply.ts';
import { formatResult, formatStreamFailure, type Wire } from '../edge/wire.ts';
import { readRequestContext, readResumePoint } from './call-context.ts';
import { findCardPlace } from './card-place.ts';
import { createExtendedCard } from './extended-card.ts';
import { listUsedExtensions } from './extensions.ts';
import type { OperationCall, OperationInput } from './operation-call.ts';
import { isLongPoll, isStreamName, type StreamName, streamCalls, unaryCalls } from './operation-calls.ts';
import { signCard } from './sign-card.ts';
import { resolveForOperation } from './target.ts';
import { readGenerationCondition } from './task-generation.ts';
import { readTenant } from './tenant.ts';

/** One A2A request, read by its binding. */
export interface Exchange {
  readonly door: Door;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly wire: Wire;
  readonly codec: Codec;
  readonly operation: OperationName;
  readonly input: OperationInput;
  /** An agent's or a deployment's id; undefined: at the root, where a tenant may name the agent. */
  readonly id: string | undefined;
}

/** Does the operation and answers on the exchange's wire. What it throws, the binding answers: nothing has been sent then. */
export async function serveExchange(exchange: Exchange): Promise<void> {
  const { door, request, reply, wire, codec, operation } = exchange;
  const used = listUsedExtensions({ headers: request.headers, codec, operation });
  if (used) reply.header(used.name, used.value);
  if (isStreamName(operation)) return serveStream(exchange, operation);
  if (operation === 'getExtendedCard') return serveExtendedCard(exchange);
  const signal = operation === 'sendMessage' ? door.openCalls.open(reply.raw).signal : neverAborts;
  const call = await createCall(exchange, signal);
  sendResult(
    reply,
    wire,
    await unaryCalls[operation](isLongPoll(operation, call.context) ? holdOpen(door, reply, call) : call),
  );
}

/** A call that waits counts as a stream, and ends with them. */
function holdOpen({ openCalls }: Door, reply: FastifyReply, call: OperationCall): OperationCall {
  const open = openCalls.open(reply.raw);
  open.becomeStream(call.context.principal.id);
  return { ...call, signal: open.signal };
}

async function serveExtendedCard({ door, request, reply, wire, codec, input, id }: Exchange): Promise<void> {
  const services = door.services();
  const context = await readRequestContext(door, request);
  const place = findCardPlace(door, request, id ?? readTenant(codec, input));
  const card = codec.encodeCard(createExtendedCard({ services, context, place, version: codec.version }));
  sendResult(reply, wire, signCard(card, services, place.root));
}

const neverAborts = new AbortController().signal;

async function serveStream(exchange: Exchange, operation: StreamName): Promise<void> {
  const { door, reply, wire, codec } = exchange;
  const call = door.openCalls.open(reply.raw);
  const operationCall = await createCall(exchange, call.signal);
  call.becomeStream(operationCall.context.principal.id);
  await sendEventStream({
    raw: reply.raw,
    headers: reply.getHeaders(),
    call,
    values: streamCalls[operation](operationCall),
    begin: () => void reply.hijack(),
    format: (batch) => formatBatch(wire, codec, batch),
    formatFailure: (error) => formatStreamFailure(wire, error),
  });
}

/** The items of one turn, each with the sequence to resume after. */
function formatBatch(wire: Wire, codec: Codec, batch: readonly SequencedItem[]): string {
  let text = '';
  for (const { sequence, item } of batch) {
    text += formatSseEvent({ id: String(sequence), data: formatResult(wire, codec.encodeStreamItem(item)) });
  }
  return text;
}

async function createCall(exchange: Exchange, signal: AbortSignal): Promise<OperationCall> {
  const { door, request, codec, input, id, operation } = exchange;
  const { tasks, registry, fabricAgentId } = door.services();
  const generation = readGenerationCondition({ headers: request.headers, codec, input });
  const asked = await readRequestContext(door, request);
  const context = generation ? { ...asked, generation } : asked;
  const target = resolveForOperation(registry, id ?? readTenant(codec, input) ?? fabricAgentId, operation);
  const after = readResumePoint(request.headers);
  return { tasks, codec, target, context, input, after, signal };
}

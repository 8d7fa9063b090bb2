import type { AgentExecutor, ExecutionEvent, Invocation, InvocationCaller } from '../../agents/index.ts';
import { hasCode, isObject, type JsonObject, type JsonValue, ParleyError } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';
import { type CallChain, operator, operatorRole } from '../../security/index.ts';
import type { Market, MarketRequest, Negotiation } from '../port.ts';

/**
 * The market as an agent: a message becomes a request, what happens to it are status updates, and the result's parts are the artifact. The
 * same invocation is the same negotiation, also when it is run again after a crash. When the task is cancelled, or its time is up,
 * the request is taken back; when only the node stops, it goes on.
 */
export function createMarketExecutor(market: () => Promise<Market>): AgentExecutor {
  return { execute: (invocation) => execute(invocation, market) };
}

async function* execute(invocation: Invocation, open: () => Promise<Market>): AsyncGenerator<ExecutionEvent> {
  const market = await open();
  const { signal } = invocation;
  signal.throwIfAborted();
  const request = readRequest(invocation);
  requireOwnName(request.requesterId, invocation.caller);
  const { taskId } = await market.request(request);
  let last: Negotiation | undefined;
  try {
    for await (const negotiation of market.follow(taskId, signal)) {
      last = negotiation;
      yield toStatus(negotiation);
    }
    signal.throwIfAborted();
  } catch (thrown) {
    if (isUnwanted(signal)) await market.withdraw(taskId, reasonOf(signal)).catch(ignoreEnd);
    throw thrown;
  }
  if (last === undefined) throw new ParleyError('INTERNAL', `Negotiation ${taskId} ended unseen.`);
  yield* toEnd(last);
}

/** Nobody asks under an agent's name but the agent itself, and operators. */
function requireOwnName(requesterId: string | undefined, { id, roles, path }: InvocationCaller): void {
  if (requesterId === undefined || path.at(-1) === requesterId) return;
  if (path.length === 0 && (id === operator.id || roles.includes(operatorRole))) return;
  const message = `Only ${requesterId} itself, or an operator, may ask under its name. Leave "requester" out.`;
  throw new ParleyError('PERMISSION_DENIED', message);
}

function isUnwanted({ aborted, reason }: AbortSignal): boolean {
  if (!aborted) return false;
  if (hasCode(reason, 'DEADLINE_EXCEEDED')) return true;
  return hasCode(reason, 'CANCELED') && reason.details['nodeStops'] !== true;
}

function reasonOf({ reason }: AbortSignal): string {
  return ParleyError.from(reason).message;
}

function ignoreEnd(thrown: unknown): void {
  if (!hasCode(thrown, 'CONFLICT')) throw thrown;
}

function toStatus(negotiation: Negotiation): ExecutionEvent {
  return { kind: 'status', parts: [{ text: describe(negotiation) }, { data: summarize(negotiation) }] };
}

function describe({ phase, offers, awards, message, progress }: Negotiation): string {
  const award = awards.at(-1);
  switch (phase) {
    case 'tendered':
      return offers.length === 0 ? 'Put out to tender' : `${offers.length} of the providers have answered`;
    case 'awarded':
      return `Award ${award?.number}: ${award?.providerId}${award?.price == null ? '' : ` at $${award.price}`}`;
    case 'running':
      return `${award?.executorId ?? award?.providerId} works on it${progress ? `, ${Math.round(progress * 100)} %` : ''}`;
    default:
      return message ?? `The negotiation has ended: ${phase}`;
  }
}

/** What programs read of it. The result comes as an artifact. */
function summarize({ result: _result, ...negotiation }: Negotiation): JsonObject {
  return { market: JSON.parse(JSON.stringify(negotiation)) as JsonValue };
}

function* toEnd(negotiation: Negotiation): Generator<ExecutionEvent> {
  const { phase, result = [], message, code } = negotiation;
  if (phase === 'completed') {
    const parts = result.length > 0 ? result : [{ text: message ?? 'done' }];
    yield {
      kind: 'artifact',
      artifact: { artifactId: 'result', name: 'result', parts },
      append: false,
      lastChunk: true,
    };
    yield { kind: 'end', state: 'completed', parts: [{ data: summarize(negotiation) }] };
    return;
  }
  const said = message ?? `The negotiation has ended: ${phase}`;
  const parts = [{ text: said }, { data: { ...summarize(negotiation), ...(code !== undefined && { code }) } }];
  yield { kind: 'end', state: phase === 'withdrawn' ? 'canceled' : 'failed', parts };
}

/** The fields that a data part may have, by their names there. */
const fields = {
  description: 'description',
  proposed_cost: 'proposedCost',
  budget: 'budget',
  priority: 'priority',
  required_capabilities: 'requiredCapabilities',
  deadline: 'deadlineAtMs',
  offers_ms: 'offersMs',
  max_rounds: 'maxRounds',
  policy: 'policy',
  requester: 'requesterId',
} as const;
const numbers: ReadonlySet<string> = new Set([
  ...['proposed_cost', 'budget', 'priority', 'deadline', 'offers_ms', 'max_rounds'],
]);

function readRequest(invocation: Invocation): MarketRequest {
  const { id, parts, task, caller, party, deadlineAtMs, trace } = invocation;
  const data = parts.flatMap((part) => ('data' in part && isObject(part.data) ? [part.data as JsonObject] : []));
  const [said = {}] = data;
  const text = parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
  const known = Object.entries(fields).flatMap(([name, field]) => readField(said, name, field));
  const description = typeof said['description'] === 'string' ? said['description'] : text;
  if (description.trim() === '') {
    throw new ParleyError('INVALID_PARAMS', 'Say what is to be done: as text, or as "description" in a data part.');
  }
  return {
    ...(deadlineAtMs !== undefined && { deadlineAtMs }),
    ...(Object.fromEntries(known) as Partial<MarketRequest>),
    ...{ taskId: id, description, input: inputOf(parts, said, description), trace },
    chain: chainOf(invocation),
    ...(task !== undefined && { causationId: task.id }),
    party: party ?? caller.id,
  };
}

/**
 * Of the agents that have work to do, and so without the market: who is awarded something may put a part of it out to tender. Roles are not
 * handed on: nobody knows yet to whom.
 */
function chainOf({ id, task, caller, deadlineAtMs, trace }: Invocation): CallChain {
  return {
    ...{ origin: caller.id, path: caller.path, invocationId: id, deadlineAtMs, correlationId: trace.correlationId },
    ...(task !== undefined && { taskId: task.id }),
  };
}

function readField(said: JsonObject, name: string, field: string): readonly (readonly [string, unknown])[] {
  const value = said[name];
  if (value === undefined || value === null) return [];
  const isList = name === 'required_capabilities';
  const isRight = isList ? isTexts(value) : typeof value === (numbers.has(name) ? 'number' : 'string');
  if (isRight) return [[field, value]];
  const wanted = isList ? 'a list of texts' : numbers.has(name) ? 'a number' : 'a text';
  throw new ParleyError('INVALID_PARAMS', `"${name}" in the data part must be ${wanted}.`, {
    details: { field: name },
  });
}

function isTexts(value: JsonValue): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** What the executor gets: `input` of the data part, else the message itself without what is for the market alone. */
function inputOf(parts: readonly Part[], said: JsonObject, description: string): readonly Part[] {
  const rest = parts.filter((part) => !('data' in part && part.data === said));
  const { input } = said;
  if (input !== undefined) return [{ data: input }, ...rest];
  return rest.length > 0 ? rest : [{ text: description }];
}

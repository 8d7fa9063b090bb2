import { z } from 'zod';
import { hasCode, isObject, type JsonObject, type JsonValue, ParleyError } from '../../base/index.ts';
import { type CallResult, toResultValue } from '../../control/index.ts';
import type { Part } from '../../protocol/index.ts';
import { parWire, supervisorWire } from '../edge/wire.ts';
import { formatFailureText } from './failure-text.ts';
import { ok, type ParAnswer, type ParRequest, type ParRoute } from './par-route.ts';
import { parseBody } from './parse-body.ts';
import { withRuntimePrefix } from './runtime-prefix.ts';

/** Calls of agents: from a client, and from one agent to an export of another. */
export function createCallRoutes(): readonly ParRoute[] {
  return [
    ...withRuntimePrefix([
      { method: 'POST', path: '/agents/:agent/invoke', access: 'caller', wire: parWire, handle: invokeAgent },
    ]),
    {
      ...{ method: 'POST', path: '/agents/:agent/exports/:name', access: 'caller', wire: supervisorWire },
      handle: callExport,
    },
  ];
}

const invokeSchema = z.object({
  input: z.unknown().optional(),
  context: z.record(z.string(), z.unknown()).nullish(),
  trace_id: z.string().min(1).max(128).nullish(),
});

/** The skill is `action` of the input, else the agent's default. */
async function invokeAgent({ calls, place, body, context, signal }: ParRequest): Promise<ParAnswer> {
  const { input, context: said, trace_id } = parseBody(invokeSchema, body);
  const correlationId = trace_id ?? context.trace.correlationId;
  const parts = toParts(input as JsonValue | undefined, said as JsonObject | null | undefined);
  const traced = { ...context, trace: { ...context.trace, correlationId } };
  const result = await calls.invoke({ id: place('agent'), skill: undefined, parts, context: traced, signal });
  return ok({
    agent_id: result.agentId,
    output: takeResult(result),
    duration_ms: result.durationMs,
    trace_id: correlationId,
    metadata: { deployment_id: result.deploymentId, skill: result.skill },
  });
}

/** An object is the arguments, with what the caller says of the call in `context`; text is text. */
function toParts(input: JsonValue | undefined, said: JsonObject | null | undefined): readonly Part[] {
  if (typeof input === 'string' && !said) return [{ text: input }];
  const data = isObject(input) ? (input as JsonObject) : input === undefined ? {} : { input };
  return [{ data: said ? { ...data, context: said } : data }];
}

async function callExport({ calls, place, body, context, signal }: ParRequest): Promise<ParAnswer> {
  const [id, name] = [place('agent'), place('name')];
  const data = (body ?? {}) as JsonValue;
  try {
    return ok(takeResult(await calls.invoke({ id, skill: name, parts: [{ data }], context, signal })));
  } catch (thrown) {
    throw toSupervisorError(thrown, { id, name });
  }
}

/** AGENT_ERROR, with the agent's own words, when it did not succeed. */
function takeResult(result: CallResult): JsonValue {
  if (result.state === 'completed') return toResultValue(result.parts);
  throw new ParleyError('AGENT_ERROR', formatFailureText(result));
}

/** In the words that PAR's agents know. */
function toSupervisorError(thrown: unknown, { id, name }: { readonly id: string; readonly name: string }): ParleyError {
  const error = ParleyError.from(thrown);
  const reworded = (code: ParleyError['code'], message: string): ParleyError => {
    const { retryAfterMs } = error;
    return new ParleyError(code, message, { cause: error, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  };
  if (error.code === 'AGENT_NOT_FOUND') return reworded('AGENT_NOT_FOUND', `Agent ${id} not found`);
  if (error.code === 'SKILL_NOT_FOUND') return reworded('NOT_FOUND', `Export '${name}' not found`);
  const isDown = hasCode(error, 'AGENT_UNAVAILABLE') || hasCode(error, 'AGENT_DISABLED');
  return isDown ? reworded(error.code, `Agent ${id} unavailable`) : error;
}

import { z } from 'zod';
import { hasCode, type JsonObject, type JsonValue, ParleyError } from '../../base/index.ts';
import { toResultValue } from '../../control/index.ts';
import { formatFailureText } from './failure-text.ts';
import { ok, type ParAnswer, type ParRequest } from './par-route.ts';
import { parseBody } from './parse-body.ts';

const bodySchema = z.object({
  action: z.string().max(1_024).nullish(),
  context: z.unknown().optional(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});

/** Calls an action of one deployment: what the agent answers, and what it refuses, are answers alike. */
export async function invokeDeployment({
  control,
  calls,
  place,
  body,
  context,
  signal,
}: ParRequest): Promise<ParAnswer> {
  const { action, context: said, parameters } = parseBody(bodySchema, body);
  const id = place('id');
  const { status } = control.deployments.get(id);
  if (!action) throw new ParleyError('INVALID_REQUEST', 'The body names no action.');
  if (status !== 'healthy') throw new ParleyError('AGENT_UNAVAILABLE', `Deployment ${id} is ${status}, not healthy.`);
  const data = { ...parameters, ...(said !== undefined && said !== null && { context: said }) } as JsonObject;
  try {
    const result = await calls.invoke({ id, skill: action, parts: [{ data }], context, signal });
    return result.state === 'completed' ? succeeded(toResultValue(result.parts)) : failed(formatFailureText(result));
  } catch (thrown) {
    if (hasCode(thrown, 'SKILL_NOT_FOUND')) return failed(`No handler found for action: ${action}`);
    if (hasCode(thrown, 'INVALID_PARAMS') || hasCode(thrown, 'OUTPUT_INVALID')) return failed(thrown.message);
    throw thrown;
  }
}

function succeeded(response: JsonValue): ParAnswer {
  return ok({ success: true, response, error: null });
}

function failed(error: string): ParAnswer {
  return ok({ success: false, response: null, error });
}

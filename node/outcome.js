import { addPart, noParts, partsOfValue } from './parts.js';

/** @typedef {import('./parts.js').WireParts & { as: 'artifact' | 'reply', state: 'completed' | 'failed' | 'rejected' }} Outcome */

/**
 * What a handler's value means for the task: `{status: "error", message}` failed, `{kind: "message", text | parts}` a reply
 * instead of a task, `{kind: "rejection", text | parts}` a task that the agent does not take, anything else a completed task
 * with the value as its artifact.
 *
 * @param {any} value
 * @returns {Outcome}
 */
export function outcomeOf(value) {
  if (isFailure(value)) return { as: 'artifact', state: 'failed', ...failureParts(value) };
  if (value?.kind === 'message') return { as: 'reply', state: 'completed', ...replyParts(value) };
  if (value?.kind === 'rejection') return { as: 'artifact', state: 'rejected', ...replyParts(value) };
  return { as: 'artifact', state: 'completed', ...partsOfValue(value) };
}

/** True for `{status: "error", …}`. @param {any} value */
export function isFailure(value) {
  return typeof value === 'object' && value !== null && value.status === 'error';
}

/** @param {Record<string, unknown>} value */
function failureParts({ status, message, ...rest }) {
  const { parts, files } = partsOfValue(message === undefined ? 'The agent failed.' : message);
  if (Object.keys(rest).length > 0) parts.push({ data: { status, message, ...rest } });
  return { parts, files };
}

/** @param {{ text?: string, parts?: unknown[] }} value */
function replyParts({ text, parts = [] }) {
  const result = noParts();
  if (text !== undefined) addPart({ text }, result);
  for (const part of parts) addPart(part, result);
  return result;
}

import { isObject } from '../../base/index.ts';
import { taskStates } from '../../protocol/index.ts';
import type { TaskEvent } from '../events.ts';

type Fields = Readonly<Record<string, unknown>>;

/** More than the bodies that the front door takes. */
const maxDepth = 500;
const states: ReadonlySet<unknown> = new Set(taskStates);

/** What the fold needs of each kind of event, beside `at`. */
const shapes: Readonly<Record<TaskEvent['type'], (fields: Fields) => boolean>> = {
  submitted: (fields) =>
    isMessage(fields['message']) && areTexts(fields, 'agentId', 'owner', 'contextId', 'skill', 'correlationId'),
  dispatched: (fields) => areTexts(fields, 'invocationId', 'endpointId') && typeof fields['attempt'] === 'number',
  status: (fields) => states.has(fields['state']) && (fields['message'] === undefined || isMessage(fields['message'])),
  artifact: ({ artifact }) => isObject(artifact) && areTexts(artifact, 'artifactId') && areParts(artifact['parts']),
  message: (fields) => isMessage(fields['message']),
  cancel: (fields) => areTexts(fields, 'by'),
  taken: ({ node }) => isObject(node),
  redriven: (fields) => areTexts(fields, 'by'),
  reply: (fields) => isMessage(fields['message']),
};

/** Whether a value from outside can be an event of a task's journal: one that the fold takes without harm. */
export function isTaskEvent(value: unknown): value is TaskEvent {
  if (!isObject(value)) return false;
  const { type, at } = value;
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return false;
  return isTime(at) && shapes[type as TaskEvent['type']](value) && isShallow(value, maxDepth);
}

/** What walks through a state does so call by call. */
function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((item) => isShallow(item, depth - 1));
}

/** Within what a date can be. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

function isMessage(value: unknown): boolean {
  return isObject(value) && areTexts(value, 'messageId', 'role') && areParts(value['parts']);
}

function areParts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}

function areTexts(fields: Fields, ...names: readonly string[]): boolean {
  return names.every((name) => typeof fields[name] === 'string');
}

import type { JsonObject } from '../../base/index.ts';
import type { Read } from '../fields/read.ts';
import { enumReader } from '../fields/scalars.ts';
import { type Part, type Role, type TaskState, taskStates } from '../model.ts';
import { encodeKindPart, readKindPart } from './kind-part.ts';
import { encodeProtoPart, readProtoPart } from './proto-part.ts';

/**
 * A2A 0.3 has two JSON forms of the same things. JSON-RPC: objects that say their `kind`, names as `input-required`. HTTP+JSON:
 * proto-JSON, names as `TASK_STATE_INPUT_REQUIRED`, and a message's parts are its `content`.
 */
export interface Dialect {
  readonly readPart: Read<Part>;
  encodePart(part: Part): JsonObject;
  readonly readRole: Read<Role>;
  readonly role: Readonly<Record<Role, string>>;
  readonly state: Readonly<Record<TaskState, string>>;
  /** What a message calls its parts. */
  readonly partsName: 'parts' | 'content';
  /** What a send calls its push configuration. */
  readonly pushName: 'pushNotificationConfig' | 'pushNotification';
  /** True: objects carry their `kind`. */
  readonly kinds: boolean;
}

const roles: readonly (readonly [string, Role])[] = [
  ['user', 'user'],
  ['agent', 'agent'],
];

const protoRoles: readonly (readonly [string | number, Role])[] = [
  ['ROLE_USER', 'user'],
  ['ROLE_AGENT', 'agent'],
  [1, 'user'],
  [2, 'agent'],
];

/** The form of JSON-RPC. */
export const kindDialect: Dialect = {
  readPart: readKindPart,
  encodePart: encodeKindPart,
  readRole: enumReader(new Map<unknown, Role>(roles)),
  role: { user: 'user', agent: 'agent' },
  state: nameStates((state) => state),
  partsName: 'parts',
  pushName: 'pushNotificationConfig',
  kinds: true,
};

/** The form of HTTP+JSON. */
export const protoDialect: Dialect = {
  readPart: readProtoPart,
  encodePart: encodeProtoPart,
  readRole: enumReader(new Map<unknown, Role>(protoRoles)),
  role: { user: 'ROLE_USER', agent: 'ROLE_AGENT' },
  state: { ...nameStates(protoName), canceled: 'TASK_STATE_CANCELLED' },
  partsName: 'content',
  pushName: 'pushNotification',
  kinds: false,
};

function nameStates(format: (state: TaskState) => string): Readonly<Record<TaskState, string>> {
  return Object.fromEntries(taskStates.map((state) => [state, format(state)])) as Record<TaskState, string>;
}

function protoName(state: TaskState): string {
  return `TASK_STATE_${state.toUpperCase().replaceAll('-', '_')}`;
}

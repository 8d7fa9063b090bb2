import type { Role, TaskState } from '../model.ts';

/** A2A 1.0's names, in the order of their protobuf numbers; number 0 is UNSPECIFIED. */
const states: readonly (readonly [string, TaskState])[] = [
  ['TASK_STATE_SUBMITTED', 'submitted'],
  ['TASK_STATE_WORKING', 'working'],
  ['TASK_STATE_COMPLETED', 'completed'],
  ['TASK_STATE_FAILED', 'failed'],
  ['TASK_STATE_CANCELED', 'canceled'],
  ['TASK_STATE_INPUT_REQUIRED', 'input-required'],
  ['TASK_STATE_REJECTED', 'rejected'],
  ['TASK_STATE_AUTH_REQUIRED', 'auth-required'],
];

const roles: readonly (readonly [string, Role])[] = [
  ['ROLE_USER', 'user'],
  ['ROLE_AGENT', 'agent'],
];

function byWireValue<T>(rows: readonly (readonly [string, T])[]): ReadonlyMap<unknown, T> {
  return new Map<unknown, T>([...rows, ...rows.map(([, value], index): [unknown, T] => [index + 1, value])]);
}

/** By name and, as proto-JSON allows, by number. */
export const stateByWire: ReadonlyMap<unknown, TaskState> = byWireValue(states);
/** The same with UNSPECIFIED, which in a filter means: any. */
export const stateFilterByWire: ReadonlyMap<unknown, TaskState | undefined> = new Map<unknown, TaskState | undefined>([
  ...stateByWire,
  ['TASK_STATE_UNSPECIFIED', undefined],
  [0, undefined],
]);
/** By name and, as proto-JSON allows, by number. */
export const roleByWire: ReadonlyMap<unknown, Role> = byWireValue(roles);

/** A2A 1.0's name of each state. */
export const wireState: Readonly<Record<TaskState, string>> = Object.fromEntries(
  states.map(([name, state]) => [state, name]),
) as Record<TaskState, string>;

/** A2A 1.0's name of each role. */
export const wireRole: Readonly<Record<Role, string>> = { user: 'ROLE_USER', agent: 'ROLE_AGENT' };

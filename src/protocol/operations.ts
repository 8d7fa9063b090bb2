export type OperationName =
  | 'sendMessage'
  | 'streamMessage'
  | 'getTask'
  | 'listTasks'
  | 'cancelTask'
  | 'subscribeToTask'
  | 'createPushConfig'
  | 'getPushConfig'
  | 'listPushConfigs'
  | 'deletePushConfig'
  | 'getExtendedCard';

export interface RestRoute {
  readonly verb: 'GET' | 'POST' | 'DELETE';
  /** Below the agent's base, without a leading tenant: `/tasks/{id}:cancel`. */
  readonly path: string;
}

/** How one protocol version asks for an operation. */
export interface OperationForm {
  /** JSON-RPC method; undefined when the version's JSON-RPC has none. */
  readonly method: string | undefined;
  /** The first is the one that a client uses. */
  readonly routes: readonly RestRoute[];
}

export interface Operation extends OperationForm {
  readonly name: OperationName;
  /** JSON-RPC method and gRPC method of A2A 1.0. */
  readonly method: string;
  /** The same in A2A 0.3 and, but for the card, 0.2.6. */
  readonly v03: OperationForm;
  /** True: the answer is a stream of items. */
  readonly streaming: boolean;
}

const pushConfigs = '/tasks/{id}/pushNotificationConfigs';
const subscribe = '/tasks/{id}:subscribe';

interface Row {
  readonly name: OperationName;
  readonly method: string;
  /** A path serves both versions, 0.3 below `/v1`. */
  readonly routes: readonly (readonly [verb: RestRoute['verb'], path: string])[];
  readonly v03?: string;
  readonly streaming?: boolean;
}

/** Subscribe has two verbs: the proto says GET, the specification's text POST. */
const rows: readonly Row[] = [
  { name: 'sendMessage', method: 'SendMessage', v03: 'message/send', routes: [['POST', '/message:send']] },
  {
    name: 'streamMessage',
    method: 'SendStreamingMessage',
    v03: 'message/stream',
    routes: [['POST', '/message:stream']],
    streaming: true,
  },
  { name: 'getTask', method: 'GetTask', v03: 'tasks/get', routes: [['GET', '/tasks/{id}']] },
  { name: 'listTasks', method: 'ListTasks', routes: [['GET', '/tasks']] },
  { name: 'cancelTask', method: 'CancelTask', v03: 'tasks/cancel', routes: [['POST', '/tasks/{id}:cancel']] },
  {
    name: 'subscribeToTask',
    method: 'SubscribeToTask',
    v03: 'tasks/resubscribe',
    routes: [
      ['POST', subscribe],
      ['GET', subscribe],
    ],
    streaming: true,
  },
  {
    name: 'createPushConfig',
    method: 'CreateTaskPushNotificationConfig',
    v03: 'tasks/pushNotificationConfig/set',
    routes: [['POST', pushConfigs]],
  },
  {
    name: 'getPushConfig',
    method: 'GetTaskPushNotificationConfig',
    v03: 'tasks/pushNotificationConfig/get',
    routes: [['GET', `${pushConfigs}/{configId}`]],
  },
  {
    name: 'listPushConfigs',
    method: 'ListTaskPushNotificationConfigs',
    v03: 'tasks/pushNotificationConfig/list',
    routes: [['GET', pushConfigs]],
  },
  {
    name: 'deletePushConfig',
    method: 'DeleteTaskPushNotificationConfig',
    v03: 'tasks/pushNotificationConfig/delete',
    routes: [['DELETE', `${pushConfigs}/{configId}`]],
  },
  {
    name: 'getExtendedCard',
    method: 'GetExtendedAgentCard',
    v03: 'agent/getAuthenticatedExtendedCard',
    routes: [['GET', '/extendedAgentCard']],
  },
];

/** What A2A can be asked for, and how in which version. */
export const operations: readonly Operation[] = rows.map(({ name, method, routes, v03, streaming = false }) => ({
  name,
  method,
  routes: routes.map(([verb, path]) => ({ verb, path })),
  v03: { method: v03, routes: v03 === undefined ? [] : routes.map(([verb, path]) => ({ verb, path: oldPath(path) })) },
  streaming,
}));

function oldPath(path: string): string {
  return path === '/extendedAgentCard' ? '/v1/card' : `/v1${path}`;
}

const byMethod: ReadonlyMap<string, Operation> = new Map(operations.map((entry) => [entry.method, entry]));
const byOldMethod: ReadonlyMap<string | undefined, Operation> = new Map(
  operations.map((entry) => [entry.v03.method, entry]),
);

/** The operation behind a JSON-RPC method of that version, `1.0` or `0.3`. */
export function findOperation(method: string, version: string): Operation | undefined {
  return version === '0.3' ? byOldMethod.get(method) : byMethod.get(method);
}

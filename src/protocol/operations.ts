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

export interface Operation {
  readonly name: OperationName;
  /** JSON-RPC method and gRPC method of A2A 1.0. */
  readonly method: string;
  /** The first is the one that a client uses. */
  readonly routes: readonly RestRoute[];
  /** True: the answer is a stream of items. */
  readonly streaming: boolean;
}

function operation(name: OperationName, method: string, routes: readonly RestRoute[], streaming = false): Operation {
  return { name, method, routes, streaming };
}

const pushConfigs = '/tasks/{id}/pushNotificationConfigs';
const subscribe = '/tasks/{id}:subscribe';

/** What A2A 1.0 can be asked for, and how. Subscribe has two verbs: the proto says GET, the specification's text POST. */
export const operations: readonly Operation[] = [
  operation('sendMessage', 'SendMessage', [{ verb: 'POST', path: '/message:send' }]),
  operation('streamMessage', 'SendStreamingMessage', [{ verb: 'POST', path: '/message:stream' }], true),
  operation('getTask', 'GetTask', [{ verb: 'GET', path: '/tasks/{id}' }]),
  operation('listTasks', 'ListTasks', [{ verb: 'GET', path: '/tasks' }]),
  operation('cancelTask', 'CancelTask', [{ verb: 'POST', path: '/tasks/{id}:cancel' }]),
  operation(
    'subscribeToTask',
    'SubscribeToTask',
    [
      { verb: 'POST', path: subscribe },
      { verb: 'GET', path: subscribe },
    ],
    true,
  ),
  operation('createPushConfig', 'CreateTaskPushNotificationConfig', [{ verb: 'POST', path: pushConfigs }]),
  operation('getPushConfig', 'GetTaskPushNotificationConfig', [{ verb: 'GET', path: `${pushConfigs}/{configId}` }]),
  operation('listPushConfigs', 'ListTaskPushNotificationConfigs', [{ verb: 'GET', path: pushConfigs }]),
  operation('deletePushConfig', 'DeleteTaskPushNotificationConfig', [
    { verb: 'DELETE', path: `${pushConfigs}/{configId}` },
  ]),
  operation('getExtendedCard', 'GetExtendedAgentCard', [{ verb: 'GET', path: '/extendedAgentCard' }]),
];

const byMethod: ReadonlyMap<string, Operation> = new Map(operations.map((entry) => [entry.method, entry]));

/** The operation behind a JSON-RPC method of A2A 1.0. */
export function findOperation(method: string): Operation | undefined {
  return byMethod.get(method);
}

import type { JsonObject } from '../../base/index.ts';
import { type OperationName, operations } from '../../protocol/index.ts';
import { readName, readParent } from './old-resource-names.ts';

/** One method of an A2A service of gRPC. */
export interface A2aMethod {
  readonly name: string;
  readonly operation: OperationName | 'getCard';
  /** Full names of its messages. */
  readonly request: string;
  readonly response: string;
  /** Its request in JSON as the other bindings' codec wants it. */
  toParams(request: JsonObject): JsonObject;
}

const asIs = (request: JsonObject): JsonObject => request;

const responses: Partial<Record<OperationName, string>> = {
  sendMessage: 'SendMessageResponse',
  streamMessage: 'StreamResponse',
  listTasks: 'ListTasksResponse',
  subscribeToTask: 'StreamResponse',
  createPushConfig: 'TaskPushNotificationConfig',
  getPushConfig: 'TaskPushNotificationConfig',
  listPushConfigs: 'ListTaskPushNotificationConfigsResponse',
  getExtendedCard: 'AgentCard',
};

const requests: Partial<Record<OperationName, string>> = {
  streamMessage: 'SendMessageRequest',
  createPushConfig: 'TaskPushNotificationConfig',
};

/** A2A 1.0: methods are named as in JSON-RPC. */
export const a2aMethods: readonly A2aMethod[] = operations.map(({ name: operation, method: name }) => ({
  name,
  operation,
  request: `lf.a2a.v1.${requests[operation] ?? `${name}Request`}`,
  response: operation === 'deletePushConfig' ? 'google.protobuf.Empty' : `lf.a2a.v1.${responses[operation] ?? 'Task'}`,
  toParams: asIs,
}));

type OldRow = readonly [
  name: string,
  operation: A2aMethod['operation'],
  toParams: A2aMethod['toParams'],
  response: string,
];

const oldRows: readonly OldRow[] = [
  ['SendMessage', 'sendMessage', asIs, 'SendMessageResponse'],
  ['SendStreamingMessage', 'streamMessage', asIs, 'StreamResponse'],
  ['GetTask', 'getTask', readName, 'Task'],
  ['CancelTask', 'cancelTask', readName, 'Task'],
  ['TaskSubscription', 'subscribeToTask', readName, 'StreamResponse'],
  ['CreateTaskPushNotificationConfig', 'createPushConfig', readParent, 'TaskPushNotificationConfig'],
  ['GetTaskPushNotificationConfig', 'getPushConfig', readName, 'TaskPushNotificationConfig'],
  ['ListTaskPushNotificationConfig', 'listPushConfigs', readParent, 'ListTaskPushNotificationConfigResponse'],
  ['GetAgentCard', 'getCard', asIs, 'AgentCard'],
  ['DeleteTaskPushNotificationConfig', 'deletePushConfig', readName, ''],
];

/** A2A 0.3: tasks and webhooks are named by paths, `tasks/{id}/pushNotificationConfigs/{id}`. */
export const oldA2aMethods: readonly A2aMethod[] = oldRows.map(([name, operation, toParams, response]) => ({
  name,
  operation,
  request: `a2a.v1.${name === 'SendStreamingMessage' ? 'SendMessageRequest' : `${name}Request`}`,
  response: response === '' ? 'google.protobuf.Empty' : `a2a.v1.${response}`,
  toParams,
}));

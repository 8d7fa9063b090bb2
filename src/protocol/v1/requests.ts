import type { JsonObject } from '../../base/index.ts';
import { objectReader, readTexts } from '../fields/objects.ts';
import type { Read } from '../fields/read.ts';
import { enumReader, integerReader, readBoolean, readIdentifier, readJsonObject } from '../fields/scalars.ts';
import { readTimestampMs } from '../fields/timestamp.ts';
import type {
  GetTaskRequest,
  ListTasksRequest,
  NewPushConfig,
  SendConfiguration,
  SendRequest,
  TaskIdRequest,
  TaskState,
} from '../model.ts';
import { stateFilterByWire } from './enums.ts';
import { encodeMessage, readUserMessage } from './message.ts';
import { readNewPushConfig } from './push.ts';

const defaultPageSize = 50;
const maxPageSize = 100;
const readHistoryLength: Read<number> = integerReader(0);
const defaultConfiguration: SendConfiguration = { returnImmediately: false };

const readConfiguration: Read<SendConfiguration> = objectReader<SendConfiguration>({
  fields: {
    acceptedOutputModes: readTexts,
    historyLength: readHistoryLength,
    returnImmediately: readBoolean,
    push: readNewPushConfig,
  },
  required: [],
  wireNames: { push: 'taskPushNotificationConfig' },
  defaults: defaultConfiguration,
});

/** SendMessage and SendStreamingMessage. */
export const readSendRequest: Read<SendRequest> = objectReader<SendRequest>({
  fields: { message: readUserMessage, configuration: readConfiguration, metadata: readJsonObject },
  required: ['message'],
  defaults: { configuration: defaultConfiguration },
});

/** GetTask. */
export const readGetTaskRequest: Read<GetTaskRequest> = objectReader<GetTaskRequest>({
  fields: { id: readIdentifier, historyLength: readHistoryLength },
  required: ['id'],
});

/** CancelTask, SubscribeToTask. */
export const readTaskIdRequest: Read<TaskIdRequest> = objectReader<TaskIdRequest>({
  fields: { id: readIdentifier, metadata: readJsonObject },
  required: ['id'],
});

interface ListParams {
  readonly contextId?: string;
  readonly status?: TaskState;
  readonly pageSize: number;
  readonly pageToken?: string;
  readonly historyLength?: number;
  readonly statusTimestampAfter?: number;
  readonly includeArtifacts: boolean;
}

const readListParams: Read<ListParams> = objectReader<ListParams>({
  fields: {
    contextId: readIdentifier,
    status: enumReader(stateFilterByWire),
    pageSize: integerReader(1, maxPageSize),
    pageToken: readIdentifier,
    historyLength: readHistoryLength,
    statusTimestampAfter: readTimestampMs,
    includeArtifacts: readBoolean,
  },
  required: [],
  defaults: { pageSize: defaultPageSize, includeArtifacts: false },
});

/** ListTasks. Unknown fields end here: two of its names differ between the wire and the model. */
export const readListTasksRequest: Read<ListTasksRequest> = (value, parent, key) => {
  const params = readListParams(value, parent, key);
  const { contextId, status, pageSize, pageToken, historyLength, statusTimestampAfter, includeArtifacts } = params;
  return {
    pageSize,
    includeArtifacts,
    ...(contextId !== undefined && { contextId }),
    ...(status !== undefined && { state: status }),
    ...(pageToken !== undefined && { pageToken }),
    ...(historyLength !== undefined && { historyLength }),
    ...(statusTimestampAfter !== undefined && { statusTimestampAfterMs: statusTimestampAfter }),
  };
};

/** A send as our own client writes it. */
export function encodeSend(request: SendRequest): JsonObject {
  const { returnImmediately, push, ...configuration } = request.configuration;
  return {
    ...request,
    message: encodeMessage(request.message),
    configuration: {
      ...configuration,
      ...(returnImmediately && { returnImmediately }),
      ...(push && { taskPushNotificationConfig: encodePush(push) }),
    },
  };
}

function encodePush({ protocolVersion: _version, ...config }: NewPushConfig): JsonObject {
  return config as unknown as JsonObject;
}

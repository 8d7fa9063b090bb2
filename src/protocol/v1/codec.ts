import type { JsonObject } from '../../base/index.ts';
import type { ClientCodec, Codec } from '../codec.ts';
import { readAnswer } from '../fields/answer.ts';
import { readRoot } from '../fields/root.ts';
import type { AgentCard } from '../model.ts';
import { v1PushCodec } from './push.ts';
import {
  encodeSend,
  readGetTaskRequest,
  readListTasksRequest,
  readSendRequest,
  readTaskIdRequest,
} from './requests.ts';
import { encodeStreamItem, readStreamItem } from './stream-item.ts';
import { encodeTask, encodeTaskPage, readTask, readTaskPage } from './task.ts';

/** A2A 1.0, both sides, as JSON-RPC and HTTP+JSON share it. */
export const v1Codec: Codec & ClientCodec = {
  version: '1.0',
  decodeSend: (json) => readRoot(readSendRequest, json),
  decodeGetTask: (json) => readRoot(readGetTaskRequest, json),
  decodeListTasks: (json) => readRoot(readListTasksRequest, json),
  decodeTaskId: (json) => readRoot(readTaskIdRequest, json),
  encodeStreamItem,
  encodeTask,
  encodeTaskPage,
  encodeCard,
  push: v1PushCodec,
  encodeSend,
  decodeStreamItem: (json) => readAnswer('1.0', readStreamItem, json),
  decodeTask: (json) => readAnswer('1.0', readTask, json),
  decodeTaskPage: (json) => readAnswer('1.0', readTaskPage, json),
};

/** The neutral card has 1.0's own shape. */
function encodeCard(card: AgentCard): JsonObject {
  return { ...card } as unknown as JsonObject;
}

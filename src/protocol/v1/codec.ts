import { type JsonObject, ParleyError } from '../../base/index.ts';
import type { ClientCodec, Codec } from '../codec.ts';
import type { Read } from '../fields/read.ts';
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
  decodeStreamItem: (json) => readAnswer(readStreamItem, json),
  decodeTask: (json) => readAnswer(readTask, json),
  decodeTaskPage: (json) => readAnswer(readTaskPage, json),
};

/** The neutral card has 1.0's own shape. */
function encodeCard(card: AgentCard): JsonObject {
  return { ...card } as unknown as JsonObject;
}

function readAnswer<T>(read: Read<T>, json: unknown): T {
  try {
    return readRoot(read, json);
  } catch (thrown) {
    const { message, details } = ParleyError.from(thrown);
    throw new ParleyError('INVALID_AGENT_RESPONSE', `The agent's answer is not valid A2A 1.0: ${message}`, {
      cause: thrown,
      details,
    });
  }
}

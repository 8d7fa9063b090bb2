import type { JsonObject, JsonValue } from '../base/index.ts';
import type {
  AgentCard,
  CreatePushConfigRequest,
  GetTaskRequest,
  ListTasksRequest,
  PushConfig,
  PushConfigIdRequest,
  SendRequest,
  StreamItem,
  Task,
  TaskIdRequest,
  TaskPage,
} from './model.ts';

/**
 * One protocol version's wire form of the neutral model; pure.
 *
 * The server's side decodes requests and throws INVALID_PARAMS, whose `details.violations` names the fields; it encodes answers.
 * The client's side is the reverse, and throws INVALID_AGENT_RESPONSE for what a server should not have sent.
 * Unknown fields ride along both ways. Bytes go in memory: a blob in an answer is INTERNAL.
 */
export interface Codec {
  /** As in the A2A-Version header: `1.0`. */
  readonly version: string;
  decodeSend(json: unknown): SendRequest;
  decodeGetTask(json: unknown): GetTaskRequest;
  decodeListTasks(json: unknown): ListTasksRequest;
  decodeTaskId(json: unknown): TaskIdRequest;
  encodeStreamItem(item: StreamItem): JsonObject;
  encodeTask(task: Task): JsonObject;
  encodeTaskPage(page: TaskPage): JsonObject;
  encodeCard(card: AgentCard): JsonObject;
  readonly push: PushCodec;
}

/** The part of a codec that is about webhooks. Over HTTP+JSON the ids of the path are `taskId` and `id`. */
export interface PushCodec {
  decodeCreate(json: unknown): CreatePushConfigRequest;
  /** Of a get and a delete. */
  decodeId(json: unknown): PushConfigIdRequest;
  /** Of a list: the task's id. */
  decodeList(json: unknown): string;
  encode(config: PushConfig): JsonValue;
  encodeList(configs: readonly PushConfig[]): JsonValue;
  /** The answer to a delete. */
  readonly deleted: JsonValue;
}

/** The client's side of a codec. */
export interface ClientCodec {
  encodeSend(request: SendRequest): JsonObject;
  decodeStreamItem(json: unknown): StreamItem;
  decodeTask(json: unknown): Task;
  decodeTaskPage(json: unknown): TaskPage;
}

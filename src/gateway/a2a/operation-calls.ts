import type { JsonValue } from '../../base/index.ts';
import {
  type Codec,
  decodeGetQuery,
  decodeListQuery,
  type OperationName,
  type SendRequest,
} from '../../protocol/index.ts';
import type { CallContext, SequencedItem, Target, TaskService } from '../../tasks/index.ts';

/** The parameters as their binding has them: JSON, or a path and a query. */
export type OperationInput =
  | { readonly kind: 'json'; readonly params: unknown }
  | { readonly kind: 'query'; readonly id: string; readonly query: URLSearchParams };

/** One call of one operation, whatever binding it came by. */
export interface OperationCall {
  readonly tasks: TaskService;
  readonly codec: Codec;
  readonly target: Target;
  readonly context: CallContext;
  readonly input: OperationInput;
  /** Where a subscriber goes on. */
  readonly after: number | undefined;
  readonly signal: AbortSignal;
}

export type StreamName = Extract<OperationName, 'streamMessage' | 'subscribeToTask'>;
/** Operations on tasks that answer one value. */
export type UnaryName = Exclude<OperationName, StreamName | 'getExtendedCard'>;

/** Answers one value, in the caller's protocol version. */
export const unaryCalls: Readonly<Record<UnaryName, (call: OperationCall) => Promise<JsonValue>>> = {
  async sendMessage({ tasks, codec, target, input, context, signal }) {
    return codec.encodeStreamItem(await tasks.send(target, readSend(codec, input), context, signal));
  },
  async getTask({ tasks, codec, target, input, context }) {
    const request =
      input.kind === 'query' ? decodeGetQuery(codec, input.id, input.query) : codec.decodeGetTask(input.params);
    return codec.encodeTask(await tasks.get(target, request, context));
  },
  async listTasks({ tasks, codec, target, input, context }) {
    const request =
      input.kind === 'query' ? decodeListQuery(codec, input.query) : codec.decodeListTasks(input.params ?? {});
    return codec.encodeTaskPage(await tasks.list(target, request, context));
  },
  async cancelTask({ tasks, codec, target, input, context }) {
    return codec.encodeTask(await tasks.cancel(target, codec.decodeTaskId(paramsOf(input)), context));
  },
  async createPushConfig({ tasks, codec, target, input, context }) {
    return codec.push.encode(await tasks.push.create(target, codec.push.decodeCreate(paramsOf(input)), context));
  },
  async getPushConfig({ tasks, codec, target, input, context }) {
    return codec.push.encode(await tasks.push.get(target, codec.push.decodeId(paramsOf(input)), context));
  },
  async listPushConfigs({ tasks, codec, target, input, context }) {
    return codec.push.encodeList(await tasks.push.list(target, codec.push.decodeList(paramsOf(input)), context));
  },
  async deletePushConfig({ tasks, codec, target, input, context }) {
    await tasks.push.remove(target, codec.push.decodeId(paramsOf(input)), context);
    return codec.push.deleted;
  },
};

/** Answers items as they come. What is wrong with the request is thrown at once or by the first item. */
export const streamCalls: Readonly<
  Record<StreamName, (call: OperationCall) => AsyncIterable<readonly SequencedItem[]>>
> = {
  streamMessage: ({ tasks, codec, target, input, context, signal }) =>
    tasks.stream(target, readSend(codec, input), context, signal),
  subscribeToTask: ({ tasks, codec, target, input, context, after, signal }) =>
    tasks.subscribe(target, codec.decodeTaskId(paramsOf(input)), context, after, signal),
};

/** True for operations that answer a stream. */
export function isStreamName(name: OperationName): name is StreamName {
  return Object.hasOwn(streamCalls, name);
}

function paramsOf(input: OperationInput): unknown {
  return input.kind === 'json' ? input.params : { id: input.id };
}

function readSend(codec: Codec, input: OperationInput): SendRequest {
  return codec.decodeSend(paramsOf(input));
}

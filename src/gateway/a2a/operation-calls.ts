import { hasCode, type JsonValue } from '../../base/index.ts';
import {
  type Codec,
  decodeGetQuery,
  decodeListQuery,
  type OperationName,
  type SendRequest,
} from '../../protocol/index.ts';
import type { CallContext, SequencedItem } from '../../tasks/index.ts';
import type { OperationCall, OperationInput } from './operation-call.ts';
import { showItems, showTask } from './task-generation.ts';

export type StreamName = Extract<OperationName, 'streamMessage' | 'subscribeToTask'>;
/** Operations on tasks that answer one value. */
export type UnaryName = Exclude<OperationName, StreamName | 'getExtendedCard'>;

/** Answers one value, in the caller's protocol version. */
export const unaryCalls: Readonly<Record<UnaryName, (call: OperationCall) => Promise<JsonValue>>> = {
  async sendMessage(call) {
    const { tasks, codec, target, input, context, signal } = call;
    const item = await tasks.send(target, readSend(codec, input), context, signal);
    return codec.encodeStreamItem(item.kind === 'task' ? { kind: 'task', task: showTask(item.task, call) } : item);
  },
  async getTask(call) {
    const { tasks, codec, target, input, context, signal } = call;
    const request =
      input.kind === 'query' ? decodeGetQuery(codec, input.id, input.query) : codec.decodeGetTask(input.params);
    return codec.encodeTask(showTask(await tasks.get(target, request, context, signal), call));
  },
  async listTasks(call) {
    const { tasks, codec, target, input, context } = call;
    const request =
      input.kind === 'query' ? decodeListQuery(codec, input.query) : codec.decodeListTasks(input.params ?? {});
    const page = await tasks.list(target, request, context);
    return codec.encodeTaskPage({ ...page, tasks: page.tasks.map((task) => showTask(task, call)) });
  },
  async cancelTask(call) {
    const { tasks, codec, target, input, context } = call;
    const task = await tasks.cancel(target, codec.decodeTaskId(paramsOf(input)), context);
    return codec.encodeTask(showTask(task, call));
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
  streamMessage(call) {
    const { tasks, codec, target, input, context, signal } = call;
    return showItems(tasks.stream(target, readSend(codec, input), context, signal), call);
  },
  subscribeToTask(call) {
    const { tasks, codec, target, input, context, after, signal } = call;
    const items = tasks.subscribe(target, codec.decodeTaskId(paramsOf(input)), context, after, signal);
    return showItems(codec.version === '0.3' ? withEndedTask(items, call) : items, call);
  },
};

/** In 0.3 the stream of a task that has ended is the task as it is, where 1.0 has an error. */
async function* withEndedTask(
  items: AsyncIterable<readonly SequencedItem[]>,
  { tasks, codec, target, input, context, signal }: OperationCall,
): AsyncGenerator<readonly SequencedItem[]> {
  try {
    yield* items;
  } catch (thrown) {
    if (!hasCode(thrown, 'UNSUPPORTED_OPERATION')) throw thrown;
    const { id } = codec.decodeTaskId(paramsOf(input));
    const task = await tasks.get(target, { id }, context, signal);
    yield [{ sequence: task.generation ?? 0, item: { kind: 'task', task } }];
  }
}

/** True for a call that is held open until something happens: it counts as a stream. */
export function isLongPoll(operation: OperationName, { generation }: CallContext): boolean {
  return operation === 'getTask' && generation?.beyond !== undefined;
}

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

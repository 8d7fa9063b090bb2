import { type Clock, computeBackoffMs, isObject, ParleyError, sleep } from '../../base/index.ts';
import {
  isInterrupted,
  isTerminal,
  parseWireError,
  type SseEvent,
  type StreamItem,
  type TaskState,
  v1Codec,
} from '../../protocol/index.ts';

/** How far a reader has come. */
export interface StreamPlace {
  /** Known from the first item on. */
  readonly taskId: string | undefined;
  /** What the server resumes after. */
  readonly lastEventId: string | undefined;
  readonly state: TaskState | undefined;
  /** The answer was a message: nothing follows. */
  readonly answered: boolean;
}

export interface FollowOptions {
  /** Opens the stream behind the place: the call that begins the task, or a subscription to it. */
  readonly open: (place: StreamPlace) => Promise<AsyncIterable<SseEvent>>;
  /** The task as it is: for a stream that was cut just before a task ended. */
  readonly fetch: (taskId: string) => Promise<StreamItem>;
  readonly from?: Partial<StreamPlace>;
  /** `settled`: also ends when the task waits for its caller. */
  readonly until: 'settled' | 'ended';
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const beginning: StreamPlace = { taskId: undefined, lastEventId: undefined, state: undefined, answered: false };
const backoff = { baseMs: 200, multiplier: 2, maxMs: 5_000 };
// About 20 s for a node that restarts under a stream; a node that never answered is given up at once.
const maxFailures = 8;
const maxFailuresAtFirst = 2;

/**
 * The items of a task's stream, each once and in order: a dropped connection is opened again behind the last item that came.
 * Throws what the server refused, or UNREACHABLE when it stays away.
 */
export async function* followTask(options: FollowOptions): AsyncGenerator<StreamItem, void, undefined> {
  let place: StreamPlace = { ...beginning, ...options.from };
  let failures = 0;
  let connected = false;
  while (true) {
    try {
      for await (const event of await options.open(place)) {
        const item = decodeEvent(event);
        place = advance(place, event.id, item);
        connected = true;
        failures = 0;
        yield item;
        if (isOver(place, options.until)) return;
      }
      throw new ParleyError('UNREACHABLE', 'The stream ended before the task did; subscribe to the task to go on.');
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      if (place.taskId !== undefined && error.code === 'UNSUPPORTED_OPERATION') return yield* fetchLast(options, place);
      if (!isWorthRetry(error) || failures >= (connected ? maxFailures : maxFailuresAtFirst)) throw error;
      await sleep(options.clock, error.retryAfterMs ?? computeBackoffMs(backoff, failures), options.signal);
      failures++;
    }
  }
}

async function* fetchLast(
  { fetch }: FollowOptions,
  { taskId }: StreamPlace,
): AsyncGenerator<StreamItem, void, undefined> {
  if (taskId !== undefined) yield await fetch(taskId);
}

function decodeEvent({ data }: SseEvent): StreamItem {
  const json: unknown = JSON.parse(data);
  if (isObject(json) && isObject(json['error'])) throw parseWireError({ status: 500, body: json });
  return v1Codec.decodeStreamItem(json);
}

function advance(place: StreamPlace, id: string | undefined, item: StreamItem): StreamPlace {
  const next = { ...place, lastEventId: id ?? place.lastEventId };
  if (item.kind === 'message') return { ...next, answered: true };
  if (item.kind === 'task') return { ...next, taskId: item.task.id, state: item.task.status.state };
  if (item.kind === 'status') return { ...next, taskId: item.update.taskId, state: item.update.status.state };
  return { ...next, taskId: item.update.taskId };
}

function isOver({ answered, state }: StreamPlace, until: FollowOptions['until']): boolean {
  if (answered || state === undefined) return answered;
  return isTerminal(state) || (until === 'settled' && isInterrupted(state));
}

function isWorthRetry({ code }: ParleyError): boolean {
  return code === 'UNREACHABLE' || code === 'UNAVAILABLE';
}

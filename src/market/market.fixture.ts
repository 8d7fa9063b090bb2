import { ParleyError } from '../base/index.ts';
import { createEmbeddedRegistry, type EmbeddedRegistry } from '../log/schema/index.ts';
import type { Action, Decision, SendAction } from './decide/decision.ts';
import type { LogSight } from './decide/log-sight.ts';
import { addRecord, createThread, type Thread } from './thread/thread.ts';
import type {
  MarketMessage,
  MarketRecord,
  NegotiationMessage,
  TaskAward,
  TaskRequest,
  TaskResponse,
  TaskStatus,
} from './wire/records.ts';

/** A log that is never away. */
export const alwaysThere: LogSight = { heardAtMs: Number.MAX_SAFE_INTEGER, fromMs: 0 };

/** The task of threads in tests. */
export const taskId = 't-1';

/** A request of ours, which `req` awards. */
export function request(said: Partial<TaskRequest> = {}): MarketMessage {
  const value: TaskRequest = {
    ...{
      taskId,
      requesterId: 'req',
      description: 'Count the words',
      proposedCost: null,
      priority: 1,
      timestamp: 1_000,
    },
    ...{ requiredCapabilities: [], deadline: null, offersUntil: null, maxRounds: null, budget: null },
    ...{ awardedBy: 'req', input: null, ...said },
  };
  return { topic: 'task-requests', value };
}

/** What `responderId` says. */
export function response(responderId: string, status: TaskStatus, said: Partial<TaskResponse> = {}): MarketMessage {
  const value: TaskResponse = {
    ...{ taskId, responderId, status, counterOffer: null, message: null, timestamp: 1_100, providerId: null },
    ...{ award: null, executes: false, etaMs: null, progress: null, result: null, code: null, ...said },
  };
  return { topic: 'task-responses', value };
}

/** What one says to the other. */
export function round(senderId: string, receiverId: string, said: Partial<NegotiationMessage> = {}): MarketMessage {
  const value: NegotiationMessage = {
    ...{ taskId, senderId, receiverId, negotiationRound: 1, offer: null, approved: false, message: null },
    ...{ timestamp: 1_200, ...said },
  };
  return { topic: 'negotiations', value };
}

/** An award by `req`. */
export function award(fence: number, providerId: string, said: Partial<TaskAward> = {}): MarketMessage {
  const value: TaskAward = {
    ...{ taskId, award: fence, requesterId: 'req', providerId, executorId: null, price: null, deadline: null },
    ...{ withdrawn: false, reason: null, code: null, timestamp: 1_300, ...said },
  };
  return { topic: 'task-awards', value };
}

type Facts = Partial<Omit<MarketRecord, 'topic' | 'value'>>;

/** The messages as the log has them: offsets in the order given, ids of their own. */
export function inLog(messages: readonly MarketMessage[], facts: Facts = {}): readonly MarketRecord[] {
  return messages.map((message, offset) =>
    asRecord(message, { ...placed(offset), recordId: `id-${offset}`, ...facts }),
  );
}

/** A message as a record, by default one of ours that is not in the log yet. */
export function asRecord(message: MarketMessage, facts: Facts = {}): MarketRecord {
  return {
    ...message,
    ...{ recordId: 'id', causationId: null, correlationId: null, traceparent: null, place: null },
    ...{ isVerified: true, isOriginal: false, ...facts },
  };
}

/** A place in the only partition. */
export function placed(offset: number): Pick<MarketRecord, 'place'> {
  return { place: { partition: 0, offset, atMs: offset } };
}

/** The thread of what the log has. */
export function threadOf(messages: readonly MarketMessage[], facts: Facts = {}): Thread {
  return inLog(messages, facts).reduce(addRecord, createThread(taskId));
}

/** Folds records in the order given. */
export function foldThread(id: string, records: Iterable<MarketRecord>): Thread {
  let thread = createThread(id);
  for (const record of records) thread = addRecord(thread, record);
  return thread;
}

/** What a decision sends, one line each, short enough for a table. */
export function describe({ actions }: Decision): readonly string[] {
  return actions.map((action) => (action.kind === 'send' ? describeSend(action) : describeOther(action)));
}

function describeOther(action: Exclude<Action, SendAction>): string {
  return `${action.kind} ${action.fence}`;
}

function describeSend({ message }: SendAction): string {
  switch (message.topic) {
    case 'task-requests':
      return 'request';
    case 'task-responses': {
      const { status, counterOffer, award: fence, code } = message.value;
      return [status, counterOffer, fence === null ? null : `#${fence}`, code]
        .filter((part) => part !== null)
        .join(' ');
    }
    case 'negotiations': {
      const { receiverId, approved, offer } = message.value;
      return `${approved ? 'approve' : 'counter'} ${receiverId} ${offer}`;
    }
    case 'task-awards': {
      const { withdrawn, award: fence, providerId, price, code } = message.value;
      return withdrawn ? `withdraw #${fence} ${code}` : `award #${fence} ${providerId} ${price}`;
    }
  }
}

/** A registry of schemas that forgets. */
export function createTestRegistry(): EmbeddedRegistry {
  const records: string[] = [];
  return createEmbeddedRegistry({
    read: async (after) => records.slice(after),
    async append(after, added) {
      if (after !== records.length) throw new ParleyError('VERSION_CONFLICT', 'Somebody was faster.');
      records.push(...added);
    },
  });
}

/** The topics of the market. The first three are the original's; awards are ours. Each has three partitions, its key is the task's id. */
export const marketTopics = ['task-requests', 'task-responses', 'negotiations', 'task-awards'] as const;

export type MarketTopic = (typeof marketTopics)[number];

/** What a response says of a task, as the original's enum `TaskStatus` has it. */
export const taskStatuses = [
  'PENDING',
  'ACCEPTED',
  'REJECTED',
  'NEGOTIATING',
  'RUNNING',
  'COMPLETED',
  'FAILED',
] as const;

export type TaskStatus = (typeof taskStatuses)[number];

/** Work is wanted. Null says that the sender has not said, as an original never does beyond `timestamp`. Times are ms since the epoch. */
export interface TaskRequest {
  readonly taskId: string;
  readonly requesterId: string;
  readonly description: string;
  readonly proposedCost: number | null;
  /** The higher the sooner; 1 is usual. */
  readonly priority: number;
  readonly timestamp: number;
  /** All of them are needed. */
  readonly requiredCapabilities: readonly string[];
  /** When the result is of no more use. */
  readonly deadline: number | null;
  /** When the requester stops waiting for offers. */
  readonly offersUntil: number | null;
  /** So many counter-offers to each provider at most. */
  readonly maxRounds: number | null;
  /** What the requester would pay at most, where it tells. */
  readonly budget: number | null;
  /** Who awards; null: nobody does, and the first ACCEPTED in the order of the log is the award. */
  readonly awardedBy: string | null;
  /** The work's input: A2A parts as JSON text. */
  readonly input: string | null;
}

/** An offer, a confirmation or refusal of an award, or how the work goes. */
export interface TaskResponse {
  readonly taskId: string;
  /** Who says it: the provider while there is none that works, then the executor. */
  readonly responderId: string;
  readonly status: TaskStatus;
  /** What the responder wants for it. */
  readonly counterOffer: number | null;
  readonly message: string | null;
  readonly timestamp: number;
  /** The provider whose offer it is, or for whom the executor works. */
  readonly providerId: string | null;
  /** The fence of the award that it belongs to; null: to none, or an original that knows of none. */
  readonly award: number | null;
  /** The provider does the work itself, and leaves it to no executor of the pool. */
  readonly executes: boolean;
  /** How long the work will take. */
  readonly etaMs: number | null;
  /** 0 to 1. */
  readonly progress: number | null;
  /** A2A parts as JSON text. */
  readonly result: string | null;
  /** Of the error catalogue, where it is an error. */
  readonly code: string | null;
}

/** One round between a requester and a provider. */
export interface NegotiationMessage {
  readonly taskId: string;
  readonly senderId: string;
  readonly receiverId: string;
  /** The n-th counter-offer of the requester to this provider, and the provider's answer to it; an approval of the first offer has round 0. */
  readonly negotiationRound: number;
  readonly offer: number | null;
  /** True: the sender agrees to `offer`. */
  readonly approved: boolean;
  readonly message: string | null;
  readonly timestamp: number;
}

/** The requester's word on who does the work. The highest `award` of a task counts, what belongs to a lower one is late. */
export interface TaskAward {
  readonly taskId: string;
  /** The fence: 1, 2, … */
  readonly award: number;
  /** Who awards: `awardedBy` of the request. */
  readonly requesterId: string;
  /** Empty in a withdrawal that revokes nobody's award. */
  readonly providerId: string;
  /** Who alone may do the work; null: any executor of the pool. */
  readonly executorId: string | null;
  readonly price: number | null;
  readonly deadline: number | null;
  /** The whole request is taken back, this fence and all before it. */
  readonly withdrawn: boolean;
  readonly reason: string | null;
  /** Why it was withdrawn: CANCELED when the caller wanted it, else what went wrong. */
  readonly code: string | null;
  readonly timestamp: number;
}

/** A value with the topic that it belongs to. */
export type MarketMessage =
  | { readonly topic: 'task-requests'; readonly value: TaskRequest }
  | { readonly topic: 'task-responses'; readonly value: TaskResponse }
  | { readonly topic: 'negotiations'; readonly value: NegotiationMessage }
  | { readonly topic: 'task-awards'; readonly value: TaskAward };

/** Where a record lies in the log. Its topic is the message's. */
export interface LogPlace {
  readonly partition: number;
  readonly offset: number;
  /** The log's timestamp. Ms since the epoch. */
  readonly atMs: number;
}

/** What a record says beside its value. JSON, as the journal keeps it. */
export interface RecordFacts {
  /** `TASK/ACTOR/N`; of an original's record, which has none, `raw/` and a digest of its bytes. The same id is the same record. */
  readonly recordId: string;
  /** The record that it answers. */
  readonly causationId: string | null;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
  /** The key that its contents are sealed with in the log; unset: they lie there as they are. */
  readonly sealedWith?: string;
  /** Null: it is committed here and will be published, but was not yet seen in the log. */
  readonly place: LogPlace | null;
  /** A signature of a key that its sender is known by is on it. */
  readonly isVerified: boolean;
  /** Its sender knows none of our headers: an agent of the original fleet. */
  readonly isOriginal: boolean;
}

/** One record of a negotiation. */
export type MarketRecord = MarketMessage & RecordFacts;

/** Who says it, as the value claims; a signature proves it. */
export function senderOf(message: MarketMessage): string {
  switch (message.topic) {
    case 'task-requests':
    case 'task-awards':
      return message.value.requesterId;
    case 'task-responses':
      return message.value.responderId;
    case 'negotiations':
      return message.value.senderId;
  }
}

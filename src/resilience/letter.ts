/** What could not be brought to its end: a call, or a record of the log. */
export type DeadLetter = CallLetter | RecordLetter;

interface LetterHead {
  /** An error code, or `FAILED` for an agent's own answer. */
  readonly code: string;
  readonly reason: string;
  /** How often the work was handed out. */
  readonly attempts: number;
  readonly traceparent?: string;
  readonly failedAtMs: number;
}

/** A task that the fabric could not bring to its end. What it was to do is in the task's journal, which is kept as long. */
export interface CallLetter extends LetterHead {
  readonly kind: 'call';
  /** The task's. */
  readonly id: string;
  readonly agentId: string;
  readonly skill: string;
  readonly contextId: string;
  readonly correlationId: string;
  /** The principal whose task it is. */
  readonly owner: string;
  readonly submittedAtMs: number;
}

/** A record that its group could not handle. What it holds is kept beside, for it may leave its topic earlier. */
export interface RecordLetter extends LetterHead {
  readonly kind: 'record';
  /** `TOPIC:PARTITION:OFFSET@GROUP`. */
  readonly id: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key?: string;
  /** On whose behalf the group reads. */
  readonly agentId?: string;
  readonly correlationId?: string;
  readonly publishedAtMs: number;
  /** Times at which operators wanted it handled again. */
  readonly redrivenAtMs: readonly number[];
  /** It waits for the member of its group that has its partition, or is being handled by it. */
  readonly isRedriving: boolean;
}

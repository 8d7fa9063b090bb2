import type { ErrorCode } from '../../base/index.ts';
import type { RecordPlace, TopicChange, TopicSettings } from '../port.ts';

/** What the writer's thread is started with. */
export interface LogWriterOptions {
  readonly file: string;
  readonly defaultRetentionMs: number;
  readonly maxBytes?: number;
}

/** A record as it crosses to the writer's thread: key, value, headers as JSON, timestamp. */
export type RecordCells = readonly [
  key: string | null,
  value: Uint8Array | null,
  headers: string | null,
  timestampMs: number,
];

/** What the main side asks of the writer's thread. Requests are carried out in the order they were sent. */
export type LogRequest =
  | {
      readonly type: 'publish';
      readonly topic: string;
      readonly bytes: number;
      readonly records: readonly RecordCells[];
    }
  | { readonly type: 'commit'; readonly group: string; readonly place: RecordPlace }
  | { readonly type: 'create'; readonly topic: TopicSettings }
  | { readonly type: 'alter'; readonly topic: string; readonly change: TopicChange }
  | { readonly type: 'maintain'; readonly nowMs: number }
  | { readonly type: 'probe' }
  | { readonly type: 'close' };

export interface NumberedRequest {
  readonly id: number;
  readonly request: LogRequest;
}

/** Partition and offset of each record, one after the other: cloning objects costs more. */
export type PlaceCells = readonly number[];

/** What the thread answers, each once, and only after the change is on the disk. */
export interface LogReply {
  /** 0: the thread is ready, or could not be. */
  readonly id: number;
  readonly failure?: LogFailure;
  readonly places?: PlaceCells;
  /** Of `maintain`: more is waiting. */
  readonly more?: boolean;
}

export interface LogFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** What SQLite said, when it was SQLite. */
  readonly reason?: string;
}

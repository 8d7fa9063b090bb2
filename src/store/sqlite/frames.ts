import type { ErrorCode } from '../../base/index.ts';
import type { StoreSchema } from '../port.ts';
import type { CommitCell } from './commit-cells.ts';
import type { NameIds } from './names.ts';

/** What the writer's thread is started with. */
export interface WriterOptions {
  readonly file: string;
  readonly schema: StoreSchema;
  readonly maxBytes?: number;
}

/** What the store's main side asks of the writer's thread. Requests are carried out in the order they were sent. */
export type WriterRequest =
  | CommitsRequest
  | LeaseRequest
  | { readonly type: 'maintain'; readonly id: number; readonly nowMs: number }
  | { readonly type: 'probe'; readonly id: number }
  | { readonly type: 'close'; readonly id: number };

export interface CommitsRequest {
  readonly type: 'commits';
  readonly id: number;
  readonly nowMs: number;
  readonly count: number;
  /** Characters of the payloads: what a group is capped by. */
  readonly size: number;
  readonly cells: readonly CommitCell[];
}

export type LeaseRequest =
  | {
      readonly type: 'acquire';
      readonly id: number;
      readonly nowMs: number;
      readonly name: string;
      readonly holder: string;
      readonly ttlMs: number;
    }
  | {
      readonly type: 'renew';
      readonly id: number;
      readonly nowMs: number;
      readonly name: string;
      readonly epoch: number;
      readonly ttlMs: number;
    }
  | { readonly type: 'release'; readonly id: number; readonly name: string; readonly epoch: number };

/** Why a commit, or a whole request, was not carried out. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** What SQLite said, when it was SQLite. */
  readonly reason?: string;
}

/** What the writer's thread answers, each once, and only after the change is on the disk. */
export type WriterReply =
  | { readonly type: 'ready'; readonly ids: NameIds }
  | { readonly type: 'refused'; readonly failure: Failure }
  | CommitsReply
  | { readonly type: 'leased'; readonly id: number; readonly epoch: number | undefined }
  | { readonly type: 'maintained'; readonly id: number; readonly indexed: number; readonly more: boolean }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure };

export interface CommitsReply {
  readonly type: 'committed';
  readonly id: number;
  /** Position of the first event of the first commit that was carried out; the others follow without gaps. */
  readonly firstPosition: number;
  /** By the commit's place in the request; a commit that is not named was carried out. */
  readonly failures: ReadonlyMap<number, Failure> | undefined;
}

import { type JsonObject, ParleyError } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import type { Store } from '../store/index.ts';
import { type DeadLetterPage, type DeadLetterQuery, discardLetter, getLetter, listLetters } from './dead-letters.ts';
import type { CallLetter, DeadLetter, RecordLetter } from './letter.ts';

/** A letter with all that is known of the work. */
export type DeadLetterDetail = CallLetterDetail | RecordLetterDetail;

/** A dead letter with what its task's journal says. */
export interface CallLetterDetail extends CallLetter {
  /** What the agent was to do; files are bytes again. */
  readonly message: Message;
  readonly metadata?: JsonObject;
  /** Each time that the work was handed out, in order. */
  readonly dispatches: readonly { readonly atMs: number; readonly endpointId: string; readonly attempt: number }[];
  /** Times at which operators had it tried again before. */
  readonly redrivenAtMs: readonly number[];
}

/** A dead letter with the record that it is about. */
export interface RecordLetterDetail extends RecordLetter {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array | null;
}

/**
 * What the fabric could not bring to its end; for operators. Guarantees: a call's letter is there exactly as long as its task
 * has failed, was not discarded and is kept: both change in one commit. A record's is there before its group goes on behind it,
 * until it was handled after all or is discarded. Errors: NOT_FOUND, CONFLICT (it is being redriven already), and for calls what refuses a
 * new task of that agent, too: AGENT_NOT_FOUND, AGENT_UNAVAILABLE, BREAKER_OPEN.
 */
export interface DeadLetterService {
  list(query: DeadLetterQuery): Promise<DeadLetterPage>;
  get(id: string): Promise<DeadLetterDetail>;
  /**
   * A task is handed out again, and goes on in its own journal; a record goes to its group's handler. Resolves when it is
   * durable that this will be so.
   */
  redrive(id: string, by: string): Promise<void>;
  /** Forgets the letter; the task stays failed, the record unhandled. */
  discard(id: string): Promise<void>;
}

/** How letters of one kind are told of in full and come back. */
export interface LetterKind<Letter extends DeadLetter> {
  describe(letter: Letter): Promise<DeadLetterDetail>;
  redrive(letter: Letter, by: string): Promise<void>;
}

export interface DeadLetterServiceOptions {
  readonly store: Store;
  readonly calls: LetterKind<CallLetter>;
  /** Undefined: no groups read here. */
  readonly records?: LetterKind<RecordLetter> | undefined;
}

/** One desk for the letters of all kinds. */
export function createDeadLetterService({ store, calls, records }: DeadLetterServiceOptions): DeadLetterService {
  const letterOf = async (id: string): Promise<Bound> => {
    const letter = await getLetter(store, id);
    if (letter.kind === 'call') return bind(calls, letter);
    if (records) return bind(records, letter);
    throw new ParleyError('UNAVAILABLE', `${id} is about a record, and no groups read here.`);
  };
  return {
    list: (query) => listLetters(store, query),
    get: async (id) => (await letterOf(id)).describe(),
    redrive: async (id, by) => (await letterOf(id)).redrive(by),
    discard: (id) => discardLetter(store, id),
  };
}

interface Bound {
  describe(): Promise<DeadLetterDetail>;
  redrive(by: string): Promise<void>;
}

function bind<Letter extends DeadLetter>(kind: LetterKind<Letter>, letter: Letter): Bound {
  return { describe: () => kind.describe(letter), redrive: (by) => kind.redrive(letter, by) };
}

import { type Clock, ParleyError, sleep } from '../base/index.ts';
import type {
  CallLetterDetail,
  DeadLetter,
  DeadLetterDetail,
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetterService,
  RecordLetterDetail,
} from '../resilience/index.ts';
import type { ValueReader, ValueView } from './log/value-reader.ts';

/** Which dead letters: those with these ids, or all that fit the filter. */
export interface DeadLetterChoice extends DeadLetterFilter {
  readonly ids?: readonly string[] | undefined;
  /** At most so many in one call. */
  readonly limit: number;
}

/** What became of several. */
export interface DeadLetterOutcome {
  readonly done: readonly string[];
  readonly refused: readonly { readonly id: string; readonly code: string; readonly message: string }[];
  /** Where to go on behind `limit`; undefined: all that were there when the call began were looked at. */
  readonly cursor?: string;
}

/** A dead letter in full; the value of a record as its schema describes it. */
export type DeadLetterView = CallLetterDetail | (Omit<RecordLetterDetail, 'value'> & ValueView);

/** Dead letters for operators. Errors of single ones: NOT_FOUND, CONFLICT, and what refuses a new task of that agent. */
export interface DeadLetterControl {
  list(query: DeadLetterQuery): Promise<DeadLetterPage>;
  get(id: string): Promise<DeadLetterView>;
  /** Oldest first, `perSecond` of them; when the signal aborts, it answers with what is done by then. */
  redrive(choice: RedriveChoice, signal: AbortSignal): Promise<DeadLetterOutcome>;
  discard(choice: DeadLetterChoice & { readonly cursor?: string | undefined }): Promise<DeadLetterOutcome>;
}

export interface RedriveChoice extends DeadLetterChoice {
  readonly perSecond: number;
  readonly cursor?: string | undefined;
}

export interface DeadLetterControlOptions {
  readonly letters: DeadLetterService;
  readonly values: Pick<ValueReader, 'read'>;
  readonly clock: Clock;
}

/** Use cases over dead letters. */
export function createDeadLetterControl({ letters, values, clock }: DeadLetterControlOptions): DeadLetterControl {
  return {
    list: (query) => letters.list(query),
    get: async (id) => toView(await letters.get(id), values),
    redrive: (choice, signal) => {
      const pauseMs = 1_000 / choice.perSecond;
      const act = (id: string): Promise<void> => letters.redrive(id, 'operator');
      const pause = (): Promise<boolean> => sleep(clock, pauseMs, signal).then(goOn, stop);
      return actOnEach({ letters, choice, act, pause, nowMs: clock.now() });
    },
    discard: (choice) => {
      const act = (id: string): Promise<void> => letters.discard(id);
      return actOnEach({ letters, choice, act, pause: async () => true, nowMs: clock.now() });
    },
  };
}

const goOn = (): boolean => true;
const stop = (): boolean => false;

interface Acting {
  readonly letters: DeadLetterService;
  readonly choice: DeadLetterChoice & { readonly cursor?: string | undefined };
  readonly act: (id: string) => Promise<void>;
  /** Between two; false: enough. */
  readonly pause: () => Promise<boolean>;
  readonly nowMs: number;
}

async function actOnEach(acting: Acting): Promise<DeadLetterOutcome> {
  const { choice, act, pause } = acting;
  const { ids, cursor } = await choose(acting);
  const done: string[] = [];
  const refused: { id: string; code: string; message: string }[] = [];
  for (const [index, id] of ids.entries()) {
    if (index > 0 && !(await pause())) return { done, refused };
    try {
      await act(id);
      done.push(id);
    } catch (thrown) {
      const { code, message } = ParleyError.from(thrown);
      refused.push({ id, code, message });
    }
  }
  return { done, refused, ...(cursor !== undefined && choice.ids === undefined && { cursor }) };
}

/** What fails again while the call runs is for the next one. */
async function choose({ letters, choice, nowMs }: Acting): Promise<{ ids: readonly string[]; cursor?: string }> {
  const { ids, limit, cursor, ...filter } = choice;
  if (ids) return { ids };
  const page = await letters.list({ ...pickFilter(filter), limit, cursor, order: 'oldest' });
  const old = page.letters.filter(({ failedAtMs }: DeadLetter) => failedAtMs <= nowMs);
  const isLast = page.cursor === undefined || old.length < page.letters.length;
  return {
    ids: old.map(({ id }) => id),
    ...(!isLast && page.cursor !== undefined && { cursor: page.cursor }),
  };
}

function pickFilter({ agentId, code, group, topic, sinceMs }: DeadLetterFilter): DeadLetterFilter {
  return { agentId, code, group, topic, sinceMs };
}

async function toView(found: DeadLetterDetail, values: Pick<ValueReader, 'read'>): Promise<DeadLetterView> {
  if (found.kind === 'call') return found;
  const { value, ...letter } = found;
  const { topic, partition, offset, key, headers, publishedAtMs: timestampMs } = letter;
  const [read = {}] = await values.read([{ topic, partition, offset, key, headers, timestampMs, value }], topic);
  return { ...letter, ...read };
}

import { type Clock, ParleyError, sleep } from '../base/index.ts';
import type { DeadLetter, DeadLetterFilter, DeadLetterPage, DeadLetterQuery } from '../resilience/index.ts';
import type { DeadLetterDetail, DeadLetterService } from '../tasks/index.ts';

/** Which dead letters: those tasks', or all that fit the filter. */
export interface DeadLetterChoice extends DeadLetterFilter {
  readonly taskIds?: readonly string[] | undefined;
  /** At most so many in one call. */
  readonly limit: number;
}

/** What became of several. */
export interface DeadLetterOutcome {
  readonly done: readonly string[];
  readonly refused: readonly { readonly taskId: string; readonly code: string; readonly message: string }[];
  /** Where to go on behind `limit`; undefined: all that were there when the call began were looked at. */
  readonly cursor?: string;
}

/** Dead letters for operators. Errors of single ones: NOT_FOUND, CONFLICT, and what refuses a new task of that agent. */
export interface DeadLetterControl {
  list(query: DeadLetterQuery): Promise<DeadLetterPage>;
  get(taskId: string): Promise<DeadLetterDetail>;
  /** Oldest first, `perSecond` of them; when the signal aborts, it answers with what is done by then. */
  redrive(choice: RedriveChoice, signal: AbortSignal): Promise<DeadLetterOutcome>;
  discard(choice: DeadLetterChoice & { readonly cursor?: string | undefined }): Promise<DeadLetterOutcome>;
}

export interface RedriveChoice extends DeadLetterChoice {
  readonly perSecond: number;
  readonly cursor?: string | undefined;
}

/** Use cases over the task service's dead letters. */
export function createDeadLetterControl(letters: DeadLetterService, clock: Clock): DeadLetterControl {
  return {
    list: (query) => letters.list(query),
    get: (taskId) => letters.get(taskId),
    redrive: (choice, signal) => {
      const pauseMs = 1_000 / choice.perSecond;
      const act = (taskId: string): Promise<void> => letters.redrive(taskId, 'operator');
      const pause = (): Promise<boolean> => sleep(clock, pauseMs, signal).then(goOn, stop);
      return actOnEach({ letters, choice, act, pause, nowMs: clock.now() });
    },
    discard: (choice) => {
      const act = (taskId: string): Promise<void> => letters.discard(taskId);
      return actOnEach({ letters, choice, act, pause: async () => true, nowMs: clock.now() });
    },
  };
}

const goOn = (): boolean => true;
const stop = (): boolean => false;

interface Acting {
  readonly letters: DeadLetterService;
  readonly choice: DeadLetterChoice & { readonly cursor?: string | undefined };
  readonly act: (taskId: string) => Promise<void>;
  /** Between two; false: enough. */
  readonly pause: () => Promise<boolean>;
  readonly nowMs: number;
}

async function actOnEach(acting: Acting): Promise<DeadLetterOutcome> {
  const { choice, act, pause } = acting;
  const { taskIds, cursor } = await choose(acting);
  const done: string[] = [];
  const refused: { taskId: string; code: string; message: string }[] = [];
  for (const [index, taskId] of taskIds.entries()) {
    if (index > 0 && !(await pause())) return { done, refused };
    try {
      await act(taskId);
      done.push(taskId);
    } catch (thrown) {
      const { code, message } = ParleyError.from(thrown);
      refused.push({ taskId, code, message });
    }
  }
  return { done, refused, ...(cursor !== undefined && choice.taskIds === undefined && { cursor }) };
}

/** What fails again while the call runs is for the next one. */
async function choose({ letters, choice, nowMs }: Acting): Promise<{ taskIds: readonly string[]; cursor?: string }> {
  if (choice.taskIds) return { taskIds: choice.taskIds };
  const { agentId, code, sinceMs, limit, cursor } = choice;
  const page = await letters.list({ agentId, code, sinceMs, limit, cursor, order: 'oldest' });
  const old = page.letters.filter(({ failedAtMs }: DeadLetter) => failedAtMs <= nowMs);
  const isLast = page.cursor === undefined || old.length < page.letters.length;
  return {
    taskIds: old.map(({ taskId }) => taskId),
    ...(!isLast && page.cursor !== undefined && { cursor: page.cursor }),
  };
}

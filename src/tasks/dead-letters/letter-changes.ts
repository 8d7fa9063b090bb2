import { isDeadLetter, removeLetter, writeLetter } from '../../resilience/index.ts';
import type { DocumentChange } from '../../store/index.ts';
import type { TaskState } from '../fold.ts';
import type { RetentionSettings } from '../retention.ts';

/** The code of a failure that the agent put into its own words. */
const ownFailure = 'FAILED';

/** What the commit that brings a task into this state changes about its dead letter. */
export function letterChanges(state: TaskState, { deadLetters }: RetentionSettings): readonly DocumentChange[] {
  if (isDead(state, deadLetters)) return [writeLetter(createLetter(state), deadLetters)];
  return state.status.state === 'submitted' && state.redriven ? [removeLetter()] : [];
}

/** How long a finished task is kept: a dead one as long as its letter, at least. */
export function keptMs(state: TaskState, { finishedTaskMs, deadLetters }: RetentionSettings): number {
  return isDead(state, deadLetters) ? Math.max(finishedTaskMs, deadLetters.keepMs) : finishedTaskMs;
}

/** The code that a dead task failed with; undefined: it is none. */
export function deadCode(state: TaskState, { deadLetters }: RetentionSettings): string | undefined {
  return isDead(state, deadLetters) ? (codeOf(state.status) ?? ownFailure) : undefined;
}

function isDead({ status }: TaskState, rule: RetentionSettings['deadLetters']): boolean {
  return status.state === 'failed' && isDeadLetter(codeOf(status), rule);
}

function createLetter(state: TaskState): Parameters<typeof writeLetter>[0] {
  const { id, submitted, status, statusAtMs } = state;
  const { agentId, skill, contextId, correlationId, traceparent, owner } = submitted;
  const text = status.message?.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
  return {
    ...{ kind: 'call', id },
    ...{ agentId, skill, contextId, correlationId, ...(traceparent !== undefined && { traceparent }), owner },
    code: codeOf(status) ?? ownFailure,
    reason: (text || 'The agent said no more than that it failed.').slice(0, 2_000),
    attempts: state.dispatched?.attempt ?? state.redriven?.attempts ?? 0,
    submittedAtMs: submitted.at,
    failedAtMs: statusAtMs,
  };
}

function codeOf({ message }: TaskState['status']): string | undefined {
  const code = message?.metadata?.['code'];
  return typeof code === 'string' ? code : undefined;
}

import { type Log, matchesFilter, type RecordFilter, scanTopic } from '../../log/index.ts';
import type { Artifact, Part } from '../../protocol/index.ts';
import { erasedParty, readRelayedTask, type TaskFold, taskEventsTopic } from '../../tasks/index.ts';

/** What a task was asked for and what came of it, as the log has it. */
export interface RecordedRun {
  readonly taskId: string;
  readonly agentId: string;
  readonly skill: string;
  readonly input: readonly Part[];
  readonly state: string;
  readonly artifacts: readonly Artifact[];
  /** What the agent said at its end, beside artifacts. */
  readonly said: readonly Part[];
  /** The caller was asked something, and answered: the input is not all that the agent was given. */
  readonly isDialogue: boolean;
  /** Its contents are gone. */
  readonly isErased: boolean;
}

/** Tasks whose end has not come yet, of which the log has the beginning; the oldest is given up first. */
const maxOpen = 10_000;

/** The tasks that have ended and whose first event matches, in the order in which they ended within their partition. */
export async function* readRecordedRuns(
  log: Pick<Log, 'read' | 'describeTopic'>,
  filter: RecordFilter,
): AsyncGenerator<RecordedRun> {
  const open = new Map<string, TaskFold>();
  for await (const records of scanTopic(log, taskEventsTopic)) {
    for (const record of records) {
      const { key = '' } = record;
      const fold = readRelayedTask(open.get(key), record);
      if (fold === undefined || (fold.version === 1 && !matchesFilter(record, filter))) open.delete(key);
      else if (fold.hasEnded) {
        open.delete(key);
        yield toRun(fold);
      } else open.set(key, fold);
      for (const oldest of open.keys()) if (open.size > maxOpen) open.delete(oldest);
    }
  }
}

function toRun({ state }: TaskFold): RecordedRun {
  const { submitted, status, reply, answers } = state;
  const artifacts = [...state.artifacts.values()];
  const message = reply ?? status.message;
  return {
    ...{ taskId: state.id, agentId: submitted.agentId, skill: submitted.skill, input: submitted.message.parts },
    ...{ state: status.state, artifacts, isDialogue: answers.length > 0 },
    isErased: submitted.owner === erasedParty,
    said: status.state === 'completed' && artifacts.length > 0 ? [] : (message?.parts ?? []),
  };
}

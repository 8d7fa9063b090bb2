import { createId, findJsonDifferences, type JsonDifference, ParleyError, type StateView } from '../../base/index.ts';
import type { RecordFilter } from '../../log/index.ts';
import type { Artifact, Part } from '../../protocol/index.ts';
import type { Registry } from '../../registry/index.ts';
import { operator } from '../../security/index.ts';
import type { CallResult, InvokeControl } from '../invoke/invoke-control.ts';
import type { OpenLog } from './log-control.ts';
import { type RecordedRun, readRecordedRuns } from './recorded-runs.ts';
import type { LogErasure, TaskRecords } from './task-records.ts';
import { viewParts } from './view-parts.ts';

/** What recorded requests are to be tried against. */
export interface TrialRequest extends RecordFilter {
  /** An agent's or a deployment's id. */
  readonly against: string;
  /** Whose tasks; default: those of the agent that is tried. */
  readonly agentId?: string | undefined;
  /** So many tasks at most. */
  readonly limit: number;
}

/** What became of one recorded request. */
export interface Trial {
  readonly taskId: string;
  readonly outcome: 'same' | 'different' | 'skipped';
  /** Where the answers differ first, with what was recorded before and what came now after. */
  readonly difference?: JsonDifference;
  /** Why it was not tried. */
  readonly reason?: string;
  readonly durationMs?: number;
}

/** The state of tasks and negotiations as the store has it, and recorded requests tried out elsewhere. Neither changes a task. */
export interface ReplayControl {
  /** The state of every task and every negotiation, in no order that means anything. */
  states(): AsyncIterable<StateView>;
  /**
   * Sends what ended tasks were asked for to another deployment, one after the other, and compares what it answers with what was
   * recorded: no task comes of it, and no breaker hears of it. AGENT_NOT_FOUND, and what the log says.
   */
  trials(request: TrialRequest, signal: AbortSignal): AsyncIterable<Trial>;
  /** Takes the data of one principal away, for good; tasks and negotiations of it that go on stay, and are named. */
  erase(party: string, isDry: boolean): Promise<LogErasure>;
}

export interface ReplayControlOptions {
  readonly openLog: OpenLog;
  readonly records: TaskRecords;
  /** Calls whose failures count for nothing. */
  readonly calls: InvokeControl;
  readonly registry: Pick<Registry, 'resolve'>;
}

/** Use cases over the log's records of tasks. */
export function createReplayControl({ openLog, records, calls, registry }: ReplayControlOptions): ReplayControl {
  return {
    states: () => records.states(),
    erase: (party, isDry) => records.erase(party, isDry),
    async *trials({ against, agentId, limit, ...filter }, signal) {
      const wanted = agentId ?? registry.resolve(against).agentId;
      let tried = 0;
      for await (const run of readRecordedRuns(records.unseal(await openLog()), filter)) {
        if (signal.aborted || tried >= limit) return;
        if (run.agentId !== wanted) continue;
        yield await tryRun(run, { against, records, calls, signal });
        tried++;
      }
    },
  };
}

interface Trying extends Pick<ReplayControlOptions, 'records' | 'calls'> {
  readonly against: string;
  readonly signal: AbortSignal;
}

const tellingStates: ReadonlySet<string> = new Set(['completed', 'failed', 'rejected']);

async function tryRun(run: RecordedRun, trying: Trying): Promise<Trial> {
  const { taskId } = run;
  if (run.isErased) return { taskId, outcome: 'skipped', reason: 'the data of its owner was erased' };
  if (run.isDialogue) return { taskId, outcome: 'skipped', reason: 'its caller was asked for more' };
  if (!tellingStates.has(run.state)) return { taskId, outcome: 'skipped', reason: `it was ${run.state}` };
  const attach = (parts: readonly Part[]): Promise<readonly Part[]> => trying.records.attach(parts);
  try {
    const recorded = await viewAnswer(run, attach);
    const parts = await attach(run.input);
    const answered = await call(run, parts, trying);
    const [difference] = findJsonDifferences(recorded, answered.view, 1);
    const { durationMs } = answered;
    return difference === undefined
      ? { taskId, outcome: 'same', durationMs }
      : { taskId, outcome: 'different', difference, durationMs };
  } catch (thrown) {
    if (trying.signal.aborted) throw thrown;
    return { taskId, outcome: 'skipped', reason: ParleyError.from(thrown).message };
  }
}

interface AnswerView {
  readonly state: string;
  readonly artifacts: readonly object[];
  readonly said: readonly object[];
}

async function call(
  { skill }: RecordedRun,
  parts: readonly Part[],
  { against, calls, signal }: Trying,
): Promise<{ readonly view: AnswerView; readonly durationMs: number }> {
  const context = { principal: operator, trace: { correlationId: `replay-${createId()}` } };
  const startedAtMs = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAtMs);
  try {
    const result = await calls.invoke({ id: against, skill, parts, context, signal });
    return { view: await viewAnswer(toRunAnswer(result), async (kept) => kept), durationMs: elapsed() };
  } catch (thrown) {
    const error = ParleyError.from(thrown);
    if (signal.aborted || neverRan.has(error.code)) throw error;
    return { view: { state: 'failed', artifacts: [], said: [{ text: error.message }] }, durationMs: elapsed() };
  }
}

/** Nothing is learnt of the agent from these. */
const neverRan: ReadonlySet<string> = new Set(['AGENT_NOT_FOUND', 'AGENT_UNAVAILABLE', 'AGENT_DISABLED', 'QUEUE_FULL']);

type Answer = Pick<RecordedRun, 'state' | 'artifacts' | 'said'>;

function toRunAnswer({ state, artifacts, parts }: CallResult): Answer {
  return { state, artifacts, said: state === 'completed' && artifacts.length > 0 ? [] : parts };
}

/** Ids and times differ from run to run; what was made and said does not. */
async function viewAnswer(
  { state, artifacts, said }: Answer,
  attach: (parts: readonly Part[]) => Promise<readonly Part[]>,
): Promise<AnswerView> {
  const viewArtifact = async ({ name, parts }: Artifact): Promise<object> => {
    return { ...(name !== undefined && { name }), parts: viewParts(await attach(parts)) };
  };
  return { state, artifacts: await Promise.all(artifacts.map(viewArtifact)), said: viewParts(await attach(said)) };
}

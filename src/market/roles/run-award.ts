import { type Clock, hasCode, isObject, ParleyError } from '../../base/index.ts';
import {
  isInterrupted,
  isTerminal,
  type Message,
  type Part,
  type SendRequest,
  type Task,
} from '../../protocol/index.ts';
import { type CallChain, workerPrincipal } from '../../security/index.ts';
import type { CallContext, SequencedItem, Target, TaskService } from '../../tasks/index.ts';
import { marketAgentId } from '../collections.ts';
import type { ExecuteAction } from '../decide/decision.ts';
import type { MarketRecord, TaskResponse } from '../wire/records.ts';
import { formatParts, readParts } from './read-parts.ts';

/** What the work came to, as a response says it. */
export type AwardOutcome = Pick<TaskResponse, 'status' | 'message' | 'result' | 'code'>;

/** How the work goes. */
export type AwardProgress = Pick<TaskResponse, 'message' | 'progress'>;

export interface AwardRun {
  readonly agentId: string;
  readonly skill: string | undefined;
  readonly action: ExecuteAction;
  /** The record of the request: whose trace the work belongs to. */
  readonly request: Pick<MarketRecord, 'correlationId' | 'traceparent'>;
  /** The calls that led to the request; undefined: none that are known here. */
  readonly chain: CallChain | undefined;
  /** The record of the award; null: nobody knows it here any more. */
  readonly awardedBy: string | null;
  /** Whose data it is about; undefined: nobody's of this fabric. */
  readonly party: string | undefined;
  readonly onProgress: (progress: AwardProgress) => void;
  /** Aborts when the award is no longer wanted, or no longer ours. */
  readonly signal: AbortSignal;
}

export interface RunAwardOptions {
  readonly tasks: Pick<TaskService, 'stream' | 'get' | 'cancel'>;
  /** Results beyond it are referred to, not carried. Bytes of JSON. */
  readonly maxResultBytes: number;
  readonly clock: Clock;
}

/** What the market is for agents that it calls. */
const caller = workerPrincipal(marketAgentId, marketAgentId);
/** What says nothing of the work: the store is away, or this node stops. */
const passing: ReadonlySet<string> = new Set([
  ...['UNAVAILABLE', 'STORE_CLOSED', 'STORE_FULL', 'STORE_DAMAGED', 'FENCED', 'VERSION_CONFLICT'],
]);
const maxMessage = 2_000;
const cancelWaitMs = 10_000;

/**
 * Has the agent do the work as a task, under a key that stands for this award: whoever runs it again, here or on another node, gets the
 * same task. Resolves with what it came to; rejects when the signal aborts, or nobody can know yet: run it again then.
 */
export async function runAward(run: AwardRun, options: RunAwardOptions): Promise<AwardOutcome> {
  const target: Target = { agentId: run.agentId, endpointId: undefined };
  let taskId: string | undefined;
  try {
    const context = createContext(run);
    for await (const batch of options.tasks.stream(target, createRequest(run), context, run.signal)) {
      for (const { item } of batch) {
        if (item.kind === 'message') return completed(item.message.parts, undefined, run, options);
        if (item.kind === 'task') taskId = item.task.id;
        const asked = report(item, run);
        if (asked) return await refuseQuestion({ target, taskId, run, options });
      }
    }
    run.signal.throwIfAborted();
    if (taskId === undefined) throw new ParleyError('INVALID_AGENT_RESPONSE', 'The agent began no task.');
    return outcomeOf(await options.tasks.get(target, { id: taskId }, context), run, options);
  } catch (thrown) {
    const { code, message } = ParleyError.from(thrown);
    if (run.signal.aborted || passing.has(code)) throw thrown;
    return { status: 'FAILED', message: clip(message), result: null, code };
  }
}

/** Stops the work of an award that is no longer wanted; the task is found by its key. Never rejects. */
export async function cancelAward(run: AwardRun, { tasks }: RunAwardOptions): Promise<void> {
  const target: Target = { agentId: run.agentId, endpointId: undefined };
  const context = createContext(run);
  const patience = AbortSignal.timeout(cancelWaitMs);
  try {
    for await (const batch of tasks.stream(target, createRequest(run), context, patience)) {
      const [first] = batch;
      if (first?.item.kind === 'task') await tasks.cancel(target, { id: first.item.task.id }, context);
      return;
    }
  } catch {
    // It has ended, or its agent is gone: there is nothing to stop.
  }
}

/** Where no agent has called for it, the work begins a chain: it has nothing to do with others that the market has in hand. */
function chainOf({ action, chain }: AwardRun, correlationId: string): CallChain {
  const first = { origin: caller.id, path: [], invocationId: action.idempotencyKey, deadlineAtMs: undefined };
  return chain ?? { ...first, correlationId };
}

function createContext(run: AwardRun): CallContext {
  const { action, request, awardedBy, party } = run;
  const correlationId = request.correlationId ?? action.taskId;
  const { traceparent } = request;
  return {
    principal: caller,
    chain: chainOf(run, correlationId),
    idempotencyKey: action.idempotencyKey,
    ...(action.deadline !== null && { deadlineAtMs: action.deadline }),
    ...(awardedBy !== null && { causationId: awardedBy }),
    ...(party !== undefined && { party }),
    trace: { correlationId, ...(traceparent !== null && { traceparent }) },
  };
}

/** The same award makes the same message: what its task is found again by. */
function createRequest({ action, skill }: AwardRun): SendRequest {
  const parts = action.input === null ? [{ text: action.description }] : readParts(action.input);
  const message: Message = {
    messageId: action.idempotencyKey,
    role: 'user',
    parts,
    ...(skill !== undefined && { metadata: { skill } }),
  };
  return { message, configuration: { returnImmediately: false } };
}

/** True when the agent asks for something: nobody is there to answer. */
function report(item: SequencedItem['item'], { onProgress }: AwardRun): boolean {
  const status = item.kind === 'status' ? item.update.status : item.kind === 'task' ? item.task.status : undefined;
  if (status === undefined) return false;
  if (isInterrupted(status.state)) return true;
  if (status.state === 'working' && status.message !== undefined) onProgress(progressOf(status.message.parts));
  return false;
}

function progressOf(parts: readonly Part[]): AwardProgress {
  const text = textOf(parts);
  const data = parts.flatMap((part) => ('data' in part && isObject(part.data) ? [part.data] : []));
  const progress = data.map((fields) => fields['progress']).find((value) => typeof value === 'number');
  const isShare = typeof progress === 'number' && progress >= 0 && progress <= 1;
  return { message: text === '' ? null : clip(text), progress: isShare ? progress : null };
}

interface Question {
  readonly target: Target;
  readonly taskId: string | undefined;
  readonly run: AwardRun;
  readonly options: RunAwardOptions;
}

async function refuseQuestion({ target, taskId, run, options }: Question): Promise<AwardOutcome> {
  if (taskId !== undefined) {
    await options.tasks.cancel(target, { id: taskId }, createContext(run)).catch((thrown: unknown) => {
      if (!hasCode(thrown, 'TASK_NOT_CANCELABLE')) throw thrown;
    });
  }
  const message = `${run.agentId} asks for something, and nobody answers in the market. Say all in the request.`;
  return { status: 'FAILED', message, result: null, code: 'AGENT_ERROR' };
}

function outcomeOf(task: Task, run: AwardRun, options: RunAwardOptions): AwardOutcome {
  const { state, message } = task.status;
  if (!isTerminal(state)) throw new ParleyError('UNAVAILABLE', `Task ${task.id} goes on, but not here.`);
  const artifacts = task.artifacts.flatMap(({ parts }) => parts);
  if (state === 'completed') {
    return completed(artifacts.length > 0 ? artifacts : (message?.parts ?? []), task.id, run, options);
  }
  const code = message?.metadata?.['code'];
  const said = textOf(message?.parts ?? []);
  return {
    status: 'FAILED',
    message: clip(said === '' ? `${run.agentId} ended its task ${state}.` : said),
    result: null,
    code: typeof code === 'string' ? code : state === 'canceled' ? 'CANCELED' : 'AGENT_ERROR',
  };
}

function completed(
  parts: readonly Part[],
  taskId: string | undefined,
  { agentId }: AwardRun,
  { maxResultBytes }: RunAwardOptions,
): AwardOutcome {
  const result = formatParts(parts);
  const bytes = Buffer.byteLength(result);
  const carried =
    bytes <= maxResultBytes ? result : formatParts([{ data: { agent: agentId, task: taskId ?? '', bytes } }]);
  const text = textOf(parts);
  return { status: 'COMPLETED', message: text === '' ? null : clip(text), result: carried, code: null };
}

function textOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}

function clip(text: string): string {
  return text.length <= maxMessage ? text : `${text.slice(0, maxMessage - 1)}…`;
}

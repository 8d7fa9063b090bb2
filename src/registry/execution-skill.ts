import type { ExecutionEvent, Invocation, SkillRecord } from '../agents/index.ts';
import { isObject, type JsonObject, type JsonValue, ParleyError } from '../base/index.ts';
import { isInterrupted, type Message, type Part, type StreamItem, type Task } from '../protocol/index.ts';
import { chooseCapable } from './choose-capable.ts';
import type { Registry } from './port.ts';

/** Work for an agent, on behalf of a caller of the fabric's own agent. */
export interface Execution {
  readonly agentId: string;
  readonly skill: string | undefined;
  readonly parts: readonly Part[];
  readonly contextId: string | undefined;
  /** The task that waits for these parts; undefined: a new one. */
  readonly taskId: string | undefined;
  /** Ms since the epoch. */
  readonly deadlineAtMs: number | undefined;
  /** The call of the fabric's own agent: who asks, in which chain; its id makes the work done once. */
  readonly invocation: Invocation;
}

/** Has an agent do it, as a task; resolves when that has ended or waits. When the invocation is aborted, the task is cancelled. */
export type Execute = (execution: Execution) => Promise<StreamItem>;

/** The skill `task_execution` as the fabric's own agent lists it. */
export const executionSkill: SkillRecord = {
  id: 'task_execution',
  name: 'Task execution',
  description:
    'Has an agent do a task and answers with what it says. Arguments: description, and agent (an id) or capability; optional: parameters, context_id, timeout (seconds). As text: "agent-or-capability: description".',
  tags: ['execution', 'fabric'],
  examples: ['analyst: how many rows has it?', '{"capability": "coding", "description": "Write a test for it"}'],
  inputModes: ['text/plain', 'application/json'],
  outputModes: ['application/json', 'text/plain'],
  // The task is found again by the invocation, and not made twice.
  idempotent: true,
  private: false,
  timeouts: {},
};

/** What is asked for: the task, and who is to do it. */
interface Order {
  readonly description: string;
  readonly agent: string | undefined;
  readonly capability: string | undefined;
  readonly parameters: JsonValue | undefined;
  readonly contextId: string | undefined;
  readonly timeoutMs: number | undefined;
}

/** Runs one order: chooses the agent, has it work, passes its questions on, and answers with its result as data and text. */
export async function* executeOrder(
  invocation: Invocation,
  { registry, execute, nowMs }: { readonly registry: Registry; readonly execute: Execute; readonly nowMs: number },
): AsyncGenerator<ExecutionEvent, void, undefined> {
  const order = readOrder(invocation.parts, registry);
  const { agentId, skill } = chooseCapable(registry, { ...order, ownId: invocation.agentId });
  yield { kind: 'status', text: `${agentId} works on it` };
  const first = { agentId, skill, contextId: order.contextId ?? invocation.task?.contextId, invocation };
  const deadlineAtMs = order.timeoutMs === undefined ? undefined : nowMs + order.timeoutMs;
  let item = await execute({ ...first, parts: createParts(order), taskId: undefined, deadlineAtMs });
  const answers = invocation.answers[Symbol.asyncIterator]();
  for (let waiting = findWaiting(item); waiting !== undefined; waiting = findWaiting(item)) {
    yield { kind: 'ask', state: waiting.state, parts: waiting.parts };
    const answer: IteratorResult<Message> = await answers.next();
    if (answer.done) throw new ParleyError('CANCELED', `${agentId} has asked something, and no answer came.`);
    const { id: taskId } = waiting.task;
    item = await execute({ ...first, parts: answer.value.parts, taskId, deadlineAtMs });
  }
  yield* describeOutcome(agentId, item);
}

function readOrder(parts: readonly Part[], registry: Registry): Order {
  const data = parts.find((part) => 'data' in part && isObject(part.data));
  const fields = data !== undefined && 'data' in data ? (data.data as JsonObject) : {};
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
  const said = readText(fields['description']) ?? readText(fields['task']);
  const named = { agent: readText(fields['agent']), capability: readText(fields['capability']) };
  const isNamed = named.agent !== undefined || named.capability !== undefined;
  const { description, ...chosen } = isNamed
    ? { ...named, description: said ?? texts }
    : readLine(said ?? texts, registry);
  if (description.trim() === '' && fields['parameters'] === undefined) {
    throw new ParleyError(
      'INVALID_PARAMS',
      'Say what is to be done: "description" in a data part, or "agent: description".',
    );
  }
  const { timeout } = fields;
  return {
    ...chosen,
    description,
    parameters: fields['parameters'],
    contextId: readText(fields['context_id']),
    timeoutMs: typeof timeout === 'number' && timeout > 0 ? timeout * 1_000 : undefined,
  };
}

/** `sonnet-1: write a test`, `@sonnet-1 write a test` or `coding: write a test`. */
function readLine(text: string, registry: Registry): Pick<Order, 'agent' | 'capability' | 'description'> {
  const match = /^\s*(?:@(?<at>[\w.-]+)|(?<name>[\w.-]+)\s*:)\s*(?<rest>[\s\S]*)$/.exec(text);
  const name = match?.groups?.['at'] ?? match?.groups?.['name'];
  if (name === undefined) return { agent: undefined, capability: undefined, description: text };
  const isAgent = registry.list().some(({ record }) => record.id === name);
  const description = match?.groups?.['rest'] ?? '';
  return isAgent
    ? { agent: name, capability: undefined, description }
    : { agent: undefined, capability: name, description };
}

function createParts({ description, parameters }: Order): readonly Part[] {
  const text: readonly Part[] = description.trim() === '' ? [] : [{ text: description }];
  return parameters === undefined ? text : [{ data: parameters }, ...text];
}

interface Waiting {
  readonly task: Task;
  readonly state: 'input-required' | 'auth-required';
  readonly parts: readonly Part[];
}

function findWaiting(item: StreamItem): Waiting | undefined {
  if (item.kind !== 'task' || !isInterrupted(item.task.status.state)) return undefined;
  const { state, message } = item.task.status;
  return {
    task: item.task,
    state: state as Waiting['state'],
    parts: message?.parts ?? [{ text: 'It asks for more.' }],
  };
}

function* describeOutcome(agentId: string, item: StreamItem): Generator<ExecutionEvent> {
  const state = item.kind === 'task' ? item.task.status.state : 'completed';
  const parts = resultParts(item);
  const facts: JsonObject = {
    agent: agentId,
    status: state,
    ...(item.kind === 'task' && { task_id: item.task.id, context_id: item.task.contextId }),
    result: toResult(parts),
  };
  const shown: readonly Part[] = parts.length > 0 ? parts : [{ text: `${agentId}: ${state}` }];
  if (state !== 'completed') {
    const end = state === 'canceled' || state === 'rejected' ? state : 'failed';
    yield { kind: 'end', state: end, parts: [...shown, { data: facts }] };
    return;
  }
  const artifact = { artifactId: 'result', name: 'result', parts: [{ data: facts }, ...shown] };
  yield { kind: 'artifact', artifact, append: false, lastChunk: true };
  yield { kind: 'end', state: 'completed' };
}

function resultParts(item: StreamItem): readonly Part[] {
  if (item.kind === 'message') return item.message.parts;
  if (item.kind !== 'task') return [];
  const artifacts = item.task.artifacts.flatMap(({ parts }) => parts);
  return artifacts.length > 0 ? artifacts : (item.task.status.message?.parts ?? []);
}

function toResult(parts: readonly Part[]): JsonValue {
  const data = parts.find((part) => 'data' in part);
  if (data !== undefined && 'data' in data) return data.data;
  return parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}

function readText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

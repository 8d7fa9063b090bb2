import { formatTimestamp, type JsonObject } from '../base/index.ts';
import {
  type Artifact,
  isInterrupted,
  isTerminal,
  type Message,
  type Part,
  type Task,
  type TaskStatus,
} from '../protocol/index.ts';
import type {
  ArtifactEvent,
  DispatchedEvent,
  RedrivenEvent,
  ReplyEvent,
  StatusEvent,
  SubmittedEvent,
  TaskEvent,
} from './events.ts';
import type { NodeLife } from './seat.ts';

/**
 * What the fabric knows of a task: the fold over its journal. It is built in place, so that the cost of an event does not
 * grow with the events before it (a stream of 40,000 chunks); nobody but `applyEvent` changes it.
 */
export interface TaskState {
  readonly id: string;
  readonly submitted: SubmittedEvent;
  /** Sequence of the last event. */
  version: number;
  status: TaskStatus;
  statusAtMs: number;
  /** True: history and artifacts hold references to blobs only; the whole is in the journal. */
  isLight: boolean;
  readonly history: Message[];
  readonly artifacts: Map<string, FoldedArtifact>;
  dispatched: DispatchedEvent | undefined;
  /** Set once an operator had it tried again: what its dispatches before have left. */
  redriven: RedrivenFrom | undefined;
  cancelRequested: boolean;
  /** The node that writes the journal; undefined: the only one there is. */
  node: NodeLife | undefined;
  /** The agent's answer when it is a message instead of a task. */
  reply: Message | undefined;
  /** What the caller answered so far, for an attempt that begins anew. */
  readonly answers: Message[];
}

export interface RedrivenFrom {
  readonly attempts: number;
  readonly invocationId: string | undefined;
}

type FoldedArtifact = Omit<Artifact, 'parts'> & { parts: Part[] };

/** The state after the journal's first event. */
export function createTaskState(id: string, submitted: SubmittedEvent): TaskState {
  return {
    id,
    submitted,
    version: 1,
    status: { state: 'submitted', timestamp: formatTimestamp(submitted.at) },
    statusAtMs: submitted.at,
    isLight: false,
    history: [submitted.message],
    artifacts: new Map(),
    dispatched: undefined,
    redriven: undefined,
    cancelRequested: false,
    node: submitted.node,
    reply: undefined,
    answers: [],
  };
}

/** Brings the state forward by one event, which must be the journal's next. */
export function applyEvent(state: TaskState, event: TaskEvent): void {
  state.version++;
  switch (event.type) {
    case 'submitted':
      return;
    case 'dispatched':
      state.dispatched = event;
      setStatus(state, { state: 'working', timestamp: formatTimestamp(event.at) }, event.at);
      return;
    case 'status':
      applyStatus(state, event.state, event);
      return;
    case 'artifact':
      applyArtifact(state, event);
      return;
    case 'message':
      pushMessage(state, event.message);
      state.answers.push(event.message);
      return;
    case 'cancel':
      state.cancelRequested = true;
      return;
    case 'taken':
      state.node = event.node;
      return;
    case 'redriven':
      applyRedriven(state, event);
      return;
    case 'reply':
      state.reply = event.message;
      applyStatus(state, 'completed', event);
      return;
  }
}

/** Lets go of the contents: from now on the state costs the same memory, however much the task brings. */
export function lighten(state: TaskState): void {
  if (state.isLight) return;
  state.isLight = true;
  for (const message of state.history.splice(0)) pushMessage(state, message);
  for (const [id, { parts, ...artifact }] of state.artifacts) {
    const kept = parts.filter(isBlob);
    if (kept.length === 0) state.artifacts.delete(id);
    else state.artifacts.set(id, { ...artifact, parts: kept });
  }
}

/** Nothing follows. */
export function hasEnded(state: TaskState): boolean {
  return isTerminal(state.status.state);
}

/** Nothing follows, or the task waits for its caller behind that version: what a blocking call waits for. */
export function isSettled(state: TaskState, afterVersion: number): boolean {
  return hasEnded(state) || (state.version > afterVersion && isInterrupted(state.status.state));
}

/** The task as callers see it. `historyLength`: the newest so many messages; undefined: all. */
export function toTask(state: TaskState, historyLength?: number): Task {
  const { submitted, history } = state;
  const metadata: JsonObject | undefined = submitted.metadata;
  return {
    id: state.id,
    contextId: submitted.contextId,
    status: state.status,
    artifacts: [...state.artifacts.values()].map((artifact) => ({ ...artifact, parts: [...artifact.parts] })),
    history: historyLength === undefined ? [...history] : historyLength === 0 ? [] : history.slice(-historyLength),
    ...(metadata && { metadata }),
    generation: state.version,
  };
}

function applyRedriven(state: TaskState, { at, node }: RedrivenEvent): void {
  const { dispatched, redriven } = state;
  const attempts = dispatched?.attempt ?? redriven?.attempts ?? 0;
  state.redriven = { attempts, invocationId: dispatched?.invocationId ?? redriven?.invocationId };
  state.dispatched = undefined;
  state.cancelRequested = false;
  state.node = node;
  setStatus(state, { state: 'submitted', timestamp: formatTimestamp(at) }, at);
}

function applyStatus(state: TaskState, to: TaskStatus['state'], { message, at }: StatusEvent | ReplyEvent): void {
  if (message) pushMessage(state, message);
  setStatus(state, { state: to, ...(message && { message }), timestamp: formatTimestamp(at) }, at);
}

function setStatus(state: TaskState, status: TaskStatus, atMs: number): void {
  state.status = status;
  state.statusAtMs = atMs;
}

function applyArtifact(state: TaskState, { artifact, append }: ArtifactEvent): void {
  const parts = state.isLight ? artifact.parts.filter(isBlob) : artifact.parts;
  if (state.isLight && parts.length === 0) return;
  const known = state.artifacts.get(artifact.artifactId);
  if (append && known) known.parts.push(...parts);
  else state.artifacts.set(artifact.artifactId, { ...artifact, parts: [...parts] });
}

function pushMessage(state: TaskState, message: Message): void {
  if (!state.isLight) state.history.push(message);
  else if (message.parts.some(isBlob)) state.history.push({ ...message, parts: message.parts.filter(isBlob) });
}

function isBlob(part: Part): boolean {
  return 'blob' in part;
}

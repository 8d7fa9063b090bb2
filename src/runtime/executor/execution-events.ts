import type { ExecutionEvent } from '../../agents/index.ts';
import type { Part } from '../../protocol/index.ts';
import { fromWireParts } from '../worker-protocol/codec.ts';
import type { Decoded, WireEvent, WorkerFrame } from '../worker-protocol/frames.ts';

type ResultFrame = Extract<WorkerFrame, { type: 'result' }>;

/** What a worker's event frame means to the fabric. WORKER_PROTOCOL when its files do not fit. */
export function toExecutionEvent(event: WireEvent, files: Decoded<WorkerFrame>['files']): ExecutionEvent {
  const parts = fromWireParts(event.parts, files);
  if (event.kind === 'status') return { kind: 'status', parts };
  if (event.kind === 'ask') return { kind: 'ask', state: event.state, parts };
  const { artifactId, name, description, metadata, append, lastChunk } = event;
  const artifact = {
    artifactId,
    parts,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  return { kind: 'artifact', artifact, append, lastChunk };
}

/** What a worker's result frame means: a reply, or the artifact `result` and the end of the task. */
export function toFinalEvents(frame: ResultFrame, files: Decoded<WorkerFrame>['files']): readonly ExecutionEvent[] {
  const parts = fromWireParts(frame.parts, files);
  if (frame.as === 'reply' && frame.state === 'completed') return [{ kind: 'reply', parts }];
  if (frame.state !== 'completed') return [{ kind: 'end', state: frame.state, ...(parts.length > 0 ? { parts } : {}) }];
  return completedWith(parts);
}

/** The events of a call that ended well: its parts as the artifact `result`, if there are any. */
export function completedWith(parts: readonly Part[]): readonly ExecutionEvent[] {
  const end: ExecutionEvent = { kind: 'end', state: 'completed' };
  if (parts.length === 0) return [end];
  const artifact = { artifactId: 'result', name: 'result', parts };
  return [{ kind: 'artifact', artifact, append: false, lastChunk: true }, end];
}

/** The events of a call that failed, with the reason for a person. */
export function failedWith(message: string): readonly ExecutionEvent[] {
  return [{ kind: 'end', state: 'failed', parts: [{ text: message }] }];
}

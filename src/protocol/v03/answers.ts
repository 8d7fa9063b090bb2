import type { JsonObject } from '../../base/index.ts';
import {
  type Artifact,
  type ArtifactUpdate,
  isTerminal,
  type Message,
  type StatusUpdate,
  type StreamItem,
  type Task,
  type TaskStatus,
} from '../model.ts';
import type { Dialect } from './dialect.ts';

/** Writes a message in one dialect. */
export function messageEncoder(dialect: Dialect): (message: Message) => JsonObject {
  return ({ parts, role, ...rest }) => ({
    ...rest,
    ...(dialect.kinds && { kind: 'message' }),
    role: dialect.role[role],
    [dialect.partsName]: parts.map(dialect.encodePart),
  });
}

/** What 0.3 answers, in one dialect. */
export interface AnswerEncoder {
  /** JSON-RPC: the object itself, which says its kind. HTTP+JSON: wrapped, as `{ task }` or `{ statusUpdate }`. */
  encodeStreamItem(item: StreamItem): JsonObject;
  encodeTask(task: Task): JsonObject;
}

/** An encoder for the dialect. */
export function createAnswerEncoder(dialect: Dialect): AnswerEncoder {
  const kind = (name: string): JsonObject => (dialect.kinds ? { kind: name } : {});

  const encodeMessage = messageEncoder(dialect);
  const encodeStatus = ({ state, message, timestamp, ...rest }: TaskStatus): JsonObject => ({
    ...rest,
    state: dialect.state[state],
    ...(message && { message: encodeMessage(message) }),
    ...(timestamp !== '' && { timestamp }),
  });
  const encodeArtifact = (artifact: Artifact): JsonObject => ({
    ...artifact,
    parts: artifact.parts.map(dialect.encodePart),
  });
  const encodeTask = ({ artifacts, history, status, generation: _generation, ...rest }: Task): JsonObject => ({
    ...rest,
    ...kind('task'),
    status: encodeStatus(status),
    ...(artifacts.length > 0 && { artifacts: artifacts.map(encodeArtifact) }),
    ...(history.length > 0 && { history: history.map(encodeMessage) }),
  });
  const encodeStatusUpdate = (update: StatusUpdate): JsonObject => ({
    ...update,
    ...kind('status-update'),
    status: encodeStatus(update.status),
    final: endsStream(update.status),
  });
  const encodeArtifactUpdate = ({ append, lastChunk, ...update }: ArtifactUpdate): JsonObject => ({
    ...update,
    ...kind('artifact-update'),
    artifact: encodeArtifact(update.artifact),
    ...(append && { append }),
    ...(lastChunk && { lastChunk }),
  });

  const encodeStreamItem = (item: StreamItem): JsonObject => {
    switch (item.kind) {
      case 'task':
        return wrap(dialect, 'task', encodeTask(item.task));
      case 'message':
        return wrap(dialect, 'message', encodeMessage(item.message));
      case 'status':
        return wrap(dialect, 'statusUpdate', encodeStatusUpdate(item.update));
      case 'artifact':
        return wrap(dialect, 'artifactUpdate', encodeArtifactUpdate(item.update));
    }
  };
  return { encodeStreamItem, encodeTask };
}

function wrap({ kinds }: Dialect, name: string, content: JsonObject): JsonObject {
  return kinds ? content : { [name]: content };
}

/** `final` in a status update: no further event comes in this stream. */
function endsStream({ state }: TaskStatus): boolean {
  return isTerminal(state) || state === 'input-required';
}

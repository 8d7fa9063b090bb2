import { isObject } from '../../base/index.ts';
import { listReader, objectReader, readTexts } from '../fields/objects.ts';
import type { Read } from '../fields/read.ts';
import { enumReader, readBoolean, readIdentifier, readJsonObject, readText } from '../fields/scalars.ts';
import { readTimestamp } from '../fields/timestamp.ts';
import { invalidField } from '../fields/violation.ts';
import type {
  Artifact,
  ArtifactUpdate,
  Message,
  StatusUpdate,
  StreamItem,
  Task,
  TaskState,
  TaskStatus,
} from '../model.ts';
import type { Dialect } from './dialect.ts';

/** What a client reads of 0.3's answers, in one dialect. */
export interface AnswerReaders {
  readonly task: Read<Task>;
  readonly item: Read<StreamItem>;
}

/** Readers for the dialect. Unknown fields ride along, but for `kind` and `final`, which say what the place says. */
export function answerReaders(dialect: Dialect): AnswerReaders {
  const message = messageReader(dialect);
  const status = statusReader(dialect, message);
  const artifact = artifactReader(dialect);
  const task = taskReader({ status, artifact, message });
  const statusUpdate = without(
    ['kind', 'final'],
    objectReader<StatusUpdate>({
      fields: { taskId: readIdentifier, contextId: readIdentifier, status, metadata: readJsonObject },
      required: ['taskId', 'status'],
      defaults: { contextId: '' },
    }),
  );
  const artifactUpdate = without(
    ['kind'],
    objectReader<ArtifactUpdate>({
      fields: {
        taskId: readIdentifier,
        contextId: readIdentifier,
        artifact,
        append: readBoolean,
        lastChunk: readBoolean,
        metadata: readJsonObject,
      },
      required: ['taskId', 'artifact'],
      defaults: { contextId: '', append: false, lastChunk: false },
    }),
  );
  return { task, item: itemReader(dialect, { task, message, statusUpdate, artifactUpdate }) };
}

interface ItemReaders {
  readonly task: Read<Task>;
  readonly message: Read<Message>;
  readonly statusUpdate: Read<StatusUpdate>;
  readonly artifactUpdate: Read<ArtifactUpdate>;
}

function itemReader({ kinds }: Dialect, readers: ItemReaders): Read<StreamItem> {
  return (value, parent, key) => {
    const found = kinds ? ([kindOf(value), value] as const) : unwrap(value);
    const [name, content] = found;
    if (name === 'task') return { kind: 'task', task: readers.task(content, parent, key) };
    if (name === 'message' || name === 'msg')
      return { kind: 'message', message: readers.message(content, parent, key) };
    if (name === 'status-update') return { kind: 'status', update: readers.statusUpdate(content, parent, key) };
    if (name === 'artifact-update') return { kind: 'artifact', update: readers.artifactUpdate(content, parent, key) };
    throw invalidField('', 'must be a task, a message, a status update or an artifact update');
  };
}

/** What it says it is; servers of 0.2 that leave it out are known by their fields. */
function kindOf(value: unknown): unknown {
  if (!isObject(value) || value['kind'] !== undefined) return isObject(value) ? value['kind'] : undefined;
  if (value['artifact'] !== undefined) return 'artifact-update';
  if (value['status'] !== undefined) return value['taskId'] === undefined ? 'task' : 'status-update';
  return value['parts'] === undefined ? undefined : 'message';
}

const wrappers: Readonly<Record<string, string>> = {
  task: 'task',
  message: 'message',
  msg: 'message',
  statusUpdate: 'status-update',
  status_update: 'status-update',
  artifactUpdate: 'artifact-update',
  artifact_update: 'artifact-update',
};

/** HTTP+JSON wraps what it sends; an answer that is a bare task is taken as one. */
function unwrap(value: unknown): readonly [name: unknown, content: unknown] {
  if (!isObject(value)) return [undefined, value];
  const [name, content] = Object.entries(value).find(([key, item]) => isObject(item) && wrappers[key]) ?? [];
  return name === undefined ? [kindOf(value), value] : [wrappers[name], content];
}

function messageReader(dialect: Dialect): Read<Message> {
  return without(
    ['kind'],
    objectReader<Message>({
      fields: {
        messageId: readIdentifier,
        role: dialect.readRole,
        parts: listReader(dialect.readPart),
        contextId: readIdentifier,
        taskId: readIdentifier,
        metadata: readJsonObject,
        extensions: readTexts,
        referenceTaskIds: readTexts,
      },
      required: ['messageId', 'role', 'parts'],
      wireNames: { parts: dialect.partsName },
    }),
  );
}

function statusReader(dialect: Dialect, message: Read<Message>): Read<TaskStatus> {
  const read = objectReader<TaskStatus>({
    fields: { state: enumReader(statesOf(dialect)), message, timestamp: readTimestamp },
    required: ['state'],
    defaults: { timestamp: '' },
  });
  return (value, parent, key) => read(renameUpdate(value), parent, key);
}

/** 0.3's proto calls the message of a status `update`. */
function renameUpdate(value: unknown): unknown {
  if (!isObject(value) || value['update'] === undefined || value['message'] !== undefined) return value;
  const { update, ...rest } = value;
  return { ...rest, message: update };
}

function statesOf({ state }: Dialect): ReadonlyMap<unknown, TaskState> {
  const known = Object.entries(state).map(([name, wire]): [unknown, TaskState] => [wire, name as TaskState]);
  // Neither has a meaning of its own: the task goes on.
  const vague: [unknown, TaskState][] = [
    ['unknown', 'working'],
    ['TASK_STATE_UNSPECIFIED', 'working'],
    ['TASK_STATE_CANCELED', 'canceled'],
  ];
  return new Map([...vague, ...known]);
}

function artifactReader({ readPart }: Dialect): Read<Artifact> {
  return objectReader<Artifact>({
    fields: {
      artifactId: readIdentifier,
      name: readText,
      description: readText,
      parts: listReader(readPart),
      metadata: readJsonObject,
      extensions: readTexts,
    },
    required: ['artifactId', 'parts'],
  });
}

interface TaskParts {
  readonly status: Read<TaskStatus>;
  readonly artifact: Read<Artifact>;
  readonly message: Read<Message>;
}

function taskReader({ status, artifact, message }: TaskParts): Read<Task> {
  return without(
    ['kind'],
    objectReader<Omit<Task, 'generation'>>({
      fields: {
        id: readIdentifier,
        contextId: readIdentifier,
        status,
        artifacts: listReader(artifact),
        history: listReader(message),
        metadata: readJsonObject,
      },
      required: ['id', 'status'],
      defaults: { contextId: '', artifacts: [], history: [] },
    }),
  );
}

function without<T>(names: readonly string[], read: Read<T>): Read<T> {
  return (value, parent, key) => {
    if (!isObject(value)) return read(value, parent, key);
    const kept = Object.entries(value).filter(([name]) => !names.includes(name));
    return read(Object.fromEntries(kept), parent, key);
  };
}

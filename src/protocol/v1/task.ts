import type { JsonObject } from '../../base/index.ts';
import { listReader, objectReader, readTexts } from '../fields/objects.ts';
import type { Read } from '../fields/read.ts';
import { enumReader, integerReader, readIdentifier, readJsonObject, readText } from '../fields/scalars.ts';
import { readTimestamp } from '../fields/timestamp.ts';
import type { Artifact, Task, TaskPage, TaskStatus } from '../model.ts';
import { stateByWire, wireState } from './enums.ts';
import { encodeMessage, readMessage, readPartList } from './message.ts';
import { encodeParts } from './part.ts';

/** A status; its timestamp is empty when the other side gave none. */
export const readStatus: Read<TaskStatus> = objectReader<TaskStatus>({
  fields: { state: enumReader(stateByWire), message: readMessage, timestamp: readTimestamp },
  required: ['state'],
  defaults: { timestamp: '' },
});

/** An artifact, or a chunk of one. Without parts it is read all the same: that is how servers, this one too, close a stream whose items are out. */
export const readArtifact: Read<Artifact> = objectReader<Artifact>({
  fields: {
    artifactId: readIdentifier,
    name: readText,
    description: readText,
    parts: readPartList,
    metadata: readJsonObject,
    extensions: readTexts,
  },
  required: ['artifactId'],
  defaults: { parts: [] },
});

/** A task; artifacts and history that are left out are empty. */
export const readTask: Read<Task> = objectReader<Omit<Task, 'generation'>>({
  fields: {
    id: readIdentifier,
    contextId: readIdentifier,
    status: readStatus,
    artifacts: listReader(readArtifact),
    history: listReader(readMessage),
    metadata: readJsonObject,
  },
  required: ['id', 'status'],
  defaults: { contextId: '', artifacts: [], history: [] },
});

/** One page of a list of tasks. */
export const readTaskPage: Read<TaskPage> = objectReader<TaskPage>({
  fields: {
    tasks: listReader(readTask),
    nextPageToken: readText,
    pageSize: integerReader(0),
    totalSize: integerReader(0),
  },
  required: [],
  defaults: { tasks: [], nextPageToken: '', pageSize: 0, totalSize: 0 },
});

/** A status as it goes out. */
export function encodeStatus(status: TaskStatus): JsonObject {
  const { message, timestamp, ...rest } = status;
  return {
    ...rest,
    state: wireState[status.state],
    ...(message && { message: encodeMessage(message) }),
    ...(timestamp && { timestamp }),
  };
}

/** An artifact as it goes out. */
export function encodeArtifact(artifact: Artifact): JsonObject {
  return { ...artifact, parts: encodeParts(artifact.parts) };
}

/** A task as it goes out; empty artifacts and history are left out, as proto-JSON does. */
export function encodeTask(task: Task): JsonObject {
  const { artifacts, history, status, generation: _generation, ...rest } = task;
  return {
    ...rest,
    status: encodeStatus(status),
    ...(artifacts.length > 0 && { artifacts: artifacts.map(encodeArtifact) }),
    ...(history.length > 0 && { history: history.map(encodeMessage) }),
  };
}

/** A page as it goes out; the specification wants all four fields, `nextPageToken` on the last page, too. */
export function encodeTaskPage(page: TaskPage): JsonObject {
  return { ...page, tasks: page.tasks.map(encodeTask) };
}

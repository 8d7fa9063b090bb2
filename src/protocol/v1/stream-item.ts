import { isObject, type JsonObject } from '../../base/index.ts';
import { objectReader } from '../fields/objects.ts';
import type { Read } from '../fields/read.ts';
import { readBoolean, readIdentifier, readJsonObject } from '../fields/scalars.ts';
import { invalidField } from '../fields/violation.ts';
import type { ArtifactUpdate, StatusUpdate, StreamItem } from '../model.ts';
import { encodeMessage, readMessage } from './message.ts';
import { encodeArtifact, encodeStatus, encodeTask, readArtifact, readStatus, readTask } from './task.ts';

const readStatusUpdate: Read<StatusUpdate> = objectReader<StatusUpdate>({
  fields: { taskId: readIdentifier, contextId: readIdentifier, status: readStatus, metadata: readJsonObject },
  required: ['taskId', 'status'],
  defaults: { contextId: '' },
});

const readArtifactUpdate: Read<ArtifactUpdate> = objectReader<ArtifactUpdate>({
  fields: {
    taskId: readIdentifier,
    contextId: readIdentifier,
    artifact: readArtifact,
    append: readBoolean,
    lastChunk: readBoolean,
    metadata: readJsonObject,
  },
  required: ['taskId', 'artifact'],
  defaults: { contextId: '', append: false, lastChunk: false },
});

/** Exactly one of task, message, statusUpdate and artifactUpdate, in either spelling. */
export const readStreamItem: Read<StreamItem> = (value) => {
  const wrapper = isObject(value) ? value : {};
  const given = Object.entries({
    task: wrapper['task'],
    message: wrapper['message'],
    statusUpdate: wrapper['statusUpdate'] ?? wrapper['status_update'],
    artifactUpdate: wrapper['artifactUpdate'] ?? wrapper['artifact_update'],
  }).filter(([, content]) => content !== null && content !== undefined);
  const [name, content] = given[0] ?? [];
  if (name === undefined || given.length > 1) {
    throw invalidField('', 'must have exactly one of task, message, statusUpdate and artifactUpdate');
  }
  return readContent(name, content);
};

function readContent(name: string, content: unknown): StreamItem {
  if (name === 'task') return { kind: 'task', task: readTask(content, '', name) };
  if (name === 'message') return { kind: 'message', message: readMessage(content, '', name) };
  if (name === 'statusUpdate') return { kind: 'status', update: readStatusUpdate(content, '', name) };
  return { kind: 'artifact', update: readArtifactUpdate(content, '', name) };
}

/** One stream item, or the answer to a send, as it goes out. */
export function encodeStreamItem(item: StreamItem): JsonObject {
  switch (item.kind) {
    case 'task':
      return { task: encodeTask(item.task) };
    case 'message':
      return { message: encodeMessage(item.message) };
    case 'status':
      return { statusUpdate: { ...item.update, status: encodeStatus(item.update.status) } };
    case 'artifact':
      return { artifactUpdate: encodeArtifactUpdate(item.update) };
  }
}

function encodeArtifactUpdate(update: ArtifactUpdate): JsonObject {
  const { append, lastChunk, ...rest } = update;
  return {
    ...rest,
    artifact: encodeArtifact(update.artifact),
    ...(append && { append }),
    ...(lastChunk && { lastChunk }),
  };
}

import { isObject } from '../../base/index.ts';
import { listReader, objectReader, readTexts } from '../fields/objects.ts';
import type { Read } from '../fields/read.ts';
import { integerReader, readBoolean, readIdentifier, readJsonObject } from '../fields/scalars.ts';
import { invalidField, joinPath } from '../fields/violation.ts';
import type { GetTaskRequest, Message, NewPushConfig, Part, Role, SendConfiguration, SendRequest } from '../model.ts';
import type { Dialect } from './dialect.ts';
import { readNewPushConfig } from './push.ts';

const readHistoryLength: Read<number> = integerReader(0);

/** `message/send` and `message/stream`, by either binding. */
export function sendReader(dialect: Dialect): Read<SendRequest> {
  const read = objectReader<SendRequest>({
    fields: {
      message: messageReader(dialect),
      configuration: configurationReader(dialect),
      metadata: readJsonObject,
    },
    required: ['message'],
    defaults: { configuration: { returnImmediately: false } },
  });
  return (value, parent, key) => read(renameRequest(value), parent, key);
}

/** 0.2.6's proto calls the message `request`. */
function renameRequest(value: unknown): unknown {
  if (!isObject(value) || value['request'] === undefined || value['message'] !== undefined) return value;
  const { request, ...rest } = value;
  return { ...rest, message: request };
}

function messageReader(dialect: Dialect): Read<Message> {
  const read = objectReader<Message>({
    fields: {
      messageId: readIdentifier,
      role: userRoleReader(dialect.readRole),
      parts: partsReader(dialect.readPart),
      contextId: readIdentifier,
      taskId: readIdentifier,
      metadata: readJsonObject,
      extensions: readTexts,
      referenceTaskIds: readTexts,
    },
    required: ['messageId', 'role', 'parts'],
    wireNames: { parts: dialect.partsName },
  });
  return (value, parent, key) => read(withoutKind(value), parent, key);
}

/** `kind` says what the place says already; it would ride along into other versions' answers. */
function withoutKind(value: unknown): unknown {
  if (!isObject(value) || value['kind'] === undefined) return value;
  const { kind: _kind, ...rest } = value;
  return rest;
}

function userRoleReader(readRole: Read<Role>): Read<Role> {
  return (value, parent, key) => {
    if (readRole(value, parent, key) === 'user') return 'user';
    throw invalidField(joinPath(parent, key), 'must be that of a user in a message to an agent');
  };
}

function partsReader(readPart: Read<Part>): Read<readonly Part[]> {
  const read = listReader(readPart);
  return (value, parent, key) => {
    const parts = read(value, parent, key);
    if (parts.length === 0) throw invalidField(joinPath(parent, key), 'must have at least one part');
    return parts;
  };
}

interface Configuration {
  readonly acceptedOutputModes?: readonly string[];
  readonly historyLength?: number;
  readonly blocking?: boolean;
  readonly push?: NewPushConfig;
}

/** In JSON-RPC `blocking` that is left out means true; in proto-JSON a configuration without it is one that says false. */
function configurationReader(dialect: Dialect): Read<SendConfiguration> {
  const read = objectReader<Configuration>({
    fields: {
      acceptedOutputModes: readTexts,
      historyLength: readHistoryLength,
      blocking: readBoolean,
      push: readNewPushConfig,
    },
    required: [],
    wireNames: { push: dialect.pushName },
  });
  return (value, parent, key) => {
    const { blocking = dialect.kinds, historyLength, ...rest } = read(value, parent, key);
    return { ...rest, ...limitHistory(historyLength), returnImmediately: !blocking };
  };
}

/** 0 means no limit, as in 0.3's proto. */
function limitHistory(historyLength: number | undefined): { readonly historyLength?: number } {
  return historyLength === undefined || historyLength === 0 ? {} : { historyLength };
}

const readGetTaskFields: Read<GetTaskRequest> = objectReader<GetTaskRequest>({
  fields: { id: readIdentifier, historyLength: readHistoryLength },
  required: ['id'],
});

/** `tasks/get`. */
export const readGetTaskRequest: Read<GetTaskRequest> = (value, parent, key) => {
  const { historyLength, ...rest } = readGetTaskFields(value, parent, key);
  return { ...rest, ...limitHistory(historyLength) };
};

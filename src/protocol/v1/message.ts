import type { JsonObject } from '../../base/index.ts';
import { listReader, objectReader, readTexts } from '../fields/objects.ts';
import type { Read } from '../fields/read.ts';
import { enumReader, readIdentifier, readJsonObject } from '../fields/scalars.ts';
import { invalidField, joinPath } from '../fields/violation.ts';
import type { Message, Part, Role } from '../model.ts';
import { roleByWire, wireRole } from './enums.ts';
import { encodeParts, readPart } from './part.ts';

/** Any number of parts. */
export const readPartList: Read<readonly Part[]> = listReader(readPart);

/** At least one part. */
const readParts: Read<readonly Part[]> = (value, parent, key) => {
  const parts = readPartList(value, parent, key);
  if (parts.length === 0) throw invalidField(joinPath(parent, key), 'must have at least one part');
  return parts;
};

const readRole: Read<Role> = enumReader(roleByWire);

const readUserRole: Read<Role> = (value, parent, key) => {
  if (readRole(value, parent, key) !== 'user') {
    throw invalidField(joinPath(parent, key), 'must be ROLE_USER in a message to an agent');
  }
  return 'user';
};

function messageReader(role: Read<Role>): Read<Message> {
  return objectReader<Message>({
    fields: {
      messageId: readIdentifier,
      role,
      parts: readParts,
      contextId: readIdentifier,
      taskId: readIdentifier,
      metadata: readJsonObject,
      extensions: readTexts,
      referenceTaskIds: readTexts,
    },
    required: ['messageId', 'role', 'parts'],
  });
}

/** A message of either side. */
export const readMessage: Read<Message> = messageReader(readRole);
/** A message that a client sends: its role is user. */
export const readUserMessage: Read<Message> = messageReader(readUserRole);

/** A message as it goes out. */
export function encodeMessage(message: Message): JsonObject {
  return { ...message, role: wireRole[message.role], parts: encodeParts(message.parts) };
}

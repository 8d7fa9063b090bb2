import type { PushCodec } from '../codec.ts';
import { objectReader } from '../fields/objects.ts';
import type { Read } from '../fields/read.ts';
import { readRoot } from '../fields/root.ts';
import { readIdentifier, readText } from '../fields/scalars.ts';
import type { NewPushConfig, PushAuthentication } from '../model.ts';

const readAuthentication: Read<PushAuthentication> = objectReader<PushAuthentication>({
  fields: { scheme: readIdentifier, credentials: readText },
  required: ['scheme'],
});

interface WireConfig extends Omit<NewPushConfig, 'protocolVersion'> {
  readonly taskId?: string;
}

const readWireConfig: Read<WireConfig> = objectReader<WireConfig>({
  fields: {
    taskId: readIdentifier,
    id: readIdentifier,
    url: readText,
    token: readText,
    authentication: readAuthentication,
  },
  required: ['url'],
});

const readOfTask: Read<{ readonly taskId: string }> = objectReader({
  fields: { taskId: readIdentifier },
  required: ['taskId'],
});

const readId: Read<{ readonly taskId: string; readonly id: string }> = objectReader({
  fields: { taskId: readIdentifier, id: readIdentifier },
  required: ['taskId', 'id'],
});

/** A webhook of a send. */
export const readNewPushConfig: Read<NewPushConfig> = (value, parent, key) =>
  toNewConfig(readWireConfig(value, parent, key));

function toNewConfig({ id, url, token, authentication }: WireConfig): NewPushConfig {
  return {
    ...(id !== undefined && { id }),
    url,
    ...(token !== undefined && { token }),
    ...(authentication && { authentication }),
    protocolVersion: '1.0',
  };
}

/** A2A 1.0: flat, the same in both bindings. */
export const v1PushCodec: PushCodec = {
  decodeCreate(json) {
    const { taskId } = readRoot(readOfTask, json);
    return { taskId, config: toNewConfig(readRoot(readWireConfig, json)) };
  },
  decodeId: (json) => {
    const { taskId, id } = readRoot(readId, json);
    return { taskId, id };
  },
  decodeList: (json) => readRoot(readOfTask, json).taskId,
  encode: (config) => ({ ...config }),
  encodeList: (configs) => ({ configs: configs.map((config) => ({ ...config })), nextPageToken: '' }),
  deleted: {},
};

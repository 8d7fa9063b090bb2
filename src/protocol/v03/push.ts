import { isObject, type JsonObject } from '../../base/index.ts';
import type { PushCodec } from '../codec.ts';
import { objectReader, readTexts } from '../fields/objects.ts';
import type { Read } from '../fields/read.ts';
import { readRoot } from '../fields/root.ts';
import { readIdentifier, readText } from '../fields/scalars.ts';
import type { NewPushConfig, PushAuthentication, PushConfig } from '../model.ts';

interface WireAuthentication {
  readonly schemes: readonly string[];
  readonly credentials?: string;
}

interface WireConfig {
  readonly id?: string;
  readonly url: string;
  readonly token?: string;
  readonly authentication?: WireAuthentication;
}

const readWireConfig: Read<WireConfig> = objectReader<WireConfig>({
  fields: {
    id: readIdentifier,
    url: readText,
    token: readText,
    authentication: objectReader<WireAuthentication>({
      fields: { schemes: readTexts, credentials: readText },
      required: [],
      defaults: { schemes: [] },
    }),
  },
  required: ['url'],
});

/** Its name when the caller gives none: it is the task's one webhook, as in 0.2.6, and setting it again replaces it. */
const defaultId = 'default';

/** A webhook of a send. Of several schemes of authentication the first one is used. */
export const readNewPushConfig: Read<NewPushConfig> = (value, parent, key) => {
  const { id = defaultId, url, token, authentication } = readWireConfig(value, parent, key);
  return {
    id,
    url,
    ...(token !== undefined && { token }),
    ...toAuthentication(authentication),
    protocolVersion: '0.3',
  };
};

function toAuthentication(wire: WireAuthentication | undefined): { readonly authentication?: PushAuthentication } {
  const scheme = wire?.schemes[0];
  if (scheme === undefined) return {};
  const { credentials } = wire ?? {};
  return { authentication: { scheme, ...(credentials !== undefined && { credentials }) } };
}

const readCreate: Read<{ readonly taskId: string; readonly pushNotificationConfig: NewPushConfig }> = objectReader({
  fields: { taskId: readIdentifier, pushNotificationConfig: readNewPushConfig },
  required: ['taskId', 'pushNotificationConfig'],
});

function decodeCreate(json: unknown): ReturnType<PushCodec['decodeCreate']> {
  const { taskId, pushNotificationConfig } = readRoot(readCreate, json);
  return { taskId, config: pushNotificationConfig };
}

const readKindId: Read<{ readonly id: string; readonly pushNotificationConfigId?: string }> = objectReader({
  fields: { id: readIdentifier, pushNotificationConfigId: readIdentifier },
  required: ['id'],
});

/** A2A 0.3 in JSON-RPC. */
export const kindPushCodec: PushCodec = {
  decodeCreate,
  decodeId(json) {
    const { id, pushNotificationConfigId } = readRoot(readKindId, json);
    return { taskId: id, id: pushNotificationConfigId };
  },
  decodeList: (json) => readRoot(readKindId, json).id,
  encode: encodeKind,
  encodeList: (configs) => configs.map(encodeKind),
  deleted: null,
};

function encodeKind({ taskId, ...config }: PushConfig): JsonObject {
  return { taskId, pushNotificationConfig: config };
}

const readProtoId: Read<{ readonly taskId: string; readonly id?: string }> = objectReader({
  fields: { taskId: readIdentifier, id: readIdentifier },
  required: ['taskId'],
});

/** A2A 0.3 in HTTP+JSON. A create's body is the configuration, as the proto says; some clients send the whole request. */
export const protoPushCodec: PushCodec = {
  decodeCreate: (json) => decodeCreate(unwrapConfig(json)),
  decodeId(json) {
    const { taskId, id } = readRoot(readProtoId, json);
    return { taskId, id };
  },
  decodeList: (json) => readRoot(readProtoId, json).taskId,
  encode: encodeProto,
  encodeList: (configs) => ({ configs: configs.map(encodeProto), nextPageToken: '' }),
  deleted: {},
};

function unwrapConfig(json: unknown): unknown {
  if (!isObject(json) || !isObject(json['config'])) return json;
  return { ...json['config'], taskId: json['taskId'] };
}

function encodeProto({ taskId, ...config }: PushConfig): JsonObject {
  return { name: `tasks/${taskId}/pushNotificationConfigs/${config.id}`, pushNotificationConfig: config };
}

import { ParleyError } from '../../base/index.ts';
import type { Codec } from '../codec.ts';
import { readRoot } from '../fields/root.ts';
import { readTaskIdRequest } from '../v1/requests.ts';
import { createAnswerEncoder } from './answers.ts';
import { encodeCard } from './card.ts';
import { type Dialect, kindDialect, protoDialect } from './dialect.ts';
import { kindPushCodec, protoPushCodec } from './push.ts';
import { readGetTaskRequest, sendReader } from './requests.ts';

/** A2A 0.3 in JSON-RPC; 0.2.6 has the same bodies. */
export const v03Codec: Codec = createCodec(kindDialect);
/** A2A 0.3 in HTTP+JSON. */
export const v03RestCodec: Codec = createCodec(protoDialect);

function createCodec(dialect: Dialect): Codec {
  const readSend = sendReader(dialect);
  return {
    version: '0.3',
    decodeSend: (json) => readRoot(readSend, json),
    decodeGetTask: (json) => readRoot(readGetTaskRequest, json),
    decodeListTasks: refuseList,
    decodeTaskId: (json) => readRoot(readTaskIdRequest, json),
    ...createAnswerEncoder(dialect),
    encodeTaskPage: refuseList,
    encodeCard,
    push: dialect.kinds ? kindPushCodec : protoPushCodec,
  };
}

function refuseList(): never {
  throw new ParleyError('UNSUPPORTED_OPERATION', 'A2A 0.3 has no list of tasks; ask for it in A2A 1.0.');
}

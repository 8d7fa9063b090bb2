import { type JsonObject, ParleyError } from '../../base/index.ts';
import type { ClientCodec } from '../codec.ts';
import { readAnswer } from '../fields/answer.ts';
import type { SendRequest } from '../model.ts';
import { messageEncoder } from './answers.ts';
import { type Dialect, kindDialect, protoDialect } from './dialect.ts';
import { answerReaders } from './read-answers.ts';

/** The client's side of A2A 0.3 in JSON-RPC; 0.2.6 has the same bodies. Webhooks cannot be asked for with a send. */
export const v03Client: ClientCodec = createClient(kindDialect);
/** The client's side of A2A 0.3 in HTTP+JSON. */
export const v03RestClient: ClientCodec = createClient(protoDialect);

function createClient(dialect: Dialect): ClientCodec {
  const encodeMessage = messageEncoder(dialect);
  const read = answerReaders(dialect);
  return {
    encodeSend: ({ message, configuration, metadata }) => ({
      message: encodeMessage(message),
      configuration: encodeConfiguration(configuration),
      ...(metadata && { metadata }),
    }),
    decodeStreamItem: (json) => readAnswer('0.3', read.item, json),
    decodeTask: (json) => readAnswer('0.3', read.task, json),
    decodeTaskPage: () => {
      throw new ParleyError('UNSUPPORTED_OPERATION', 'A2A 0.3 has no list of tasks; ask for it in A2A 1.0.');
    },
  };
}

function encodeConfiguration(configuration: SendRequest['configuration']): JsonObject {
  const { acceptedOutputModes, historyLength, returnImmediately } = configuration;
  return {
    ...(acceptedOutputModes && { acceptedOutputModes }),
    // 0 would mean without limit.
    ...(historyLength !== undefined && historyLength > 0 && { historyLength }),
    blocking: !returnImmediately,
  };
}

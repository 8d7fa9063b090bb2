import type { ServiceDefinition } from '@grpc/grpc-js';
import { type JsonObject, ParleyError } from '../../src/base/index.ts';
import { type A2aMethod, a2aMethods, oldA2aMethods } from '../../src/gateway/grpc/a2a-methods.ts';
import { loadService } from '../../src/gateway/grpc/load-service.ts';
import { loadProtoJson } from '../../src/gateway/grpc/proto-json.ts';
import { decodeAll, type Target } from './targets.ts';

interface A2aForm {
  readonly file: string;
  readonly methods: readonly A2aMethod[];
}

const forms: readonly A2aForm[] = [
  { file: 'lf/a2a/v1/a2a.proto', methods: a2aMethods },
  { file: 'a2a/v1/a2a.proto', methods: oldA2aMethods },
];

const message = {
  ...{ messageId: 'm', role: 'ROLE_USER', taskId: 't', contextId: 'c', metadata: { a: [1, null, { b: 'c' }] } },
  parts: [{ text: 'a' }, { data: { a: { b: [true] } } }, { raw: 'AAEC', filename: 'f', mediaType: 'text/plain' }],
  content: [{ text: 'a' }, { data: { data: { a: 1 } } }, { file: { fileWithBytes: 'AAEC' } }],
};
const seeds: readonly JsonObject[] = [
  { message, request: message, configuration: { historyLength: 3, returnImmediately: true }, metadata: { skill: 's' } },
  { id: 't', name: 'tasks/t', historyLength: 2, taskId: 't', parent: 'tasks/t', pageSize: 10, pageToken: 'p' },
  { taskId: 't', url: 'https://a.example/hook', token: 'x', authentication: { scheme: 'Bearer', credentials: 'y' } },
];
/** Tags, lengths, and ends of groups: what the wire format gives a meaning to. */
const words = [
  '\n',
  '\u0012',
  '\u001a\u0005',
  '\u0080\u0080\u0080\u0080\u0010',
  '\u000b',
  '\u000c',
  '\u007f',
  '\u0000',
].map((word) => Buffer.from(word, 'latin1'));

/** The messages of A2A over gRPC, in both versions; the first byte says for which method the others are. */
const a2a: Target = {
  name: 'gRPC messages of A2A',
  codes: ['INVALID_REQUEST', 'INVALID_PARAMS', 'CONTENT_TYPE_NOT_SUPPORTED'],
  corpus: { seeds: createSeeds(), words },
  decode(bytes) {
    const { file, method } = pickMethod(bytes[0] ?? 0);
    const json = asNoMessage(() => loadProtoJson(file, method.request).decode(bytes.subarray(1)));
    decodeAll(method.toParams(json));
  },
};

const all = forms.flatMap(({ file, methods }) => methods.map((method) => ({ file, method })));

function pickMethod(index: number): (typeof all)[number] {
  const [first] = all;
  if (first === undefined) throw new TypeError('There are no methods.');
  return all[index % all.length] ?? first;
}

function createSeeds(): readonly Buffer[] {
  return forms.flatMap(({ file, methods }, form) =>
    methods.flatMap((method, index) => {
      const first = Buffer.from([form === 0 ? index : a2aMethods.length + index]);
      return seeds.map((seed) => Buffer.concat([first, loadProtoJson(file, method.request).encode(seed)]));
    }),
  );
}

const services: readonly (readonly [file: string, name: string])[] = [
  ['pixell/agent.proto', 'pixell.agent.AgentService'],
  ['pixell/python_agent.proto', 'pixell.python_agent.PythonAgent'],
  ['grpc/health/v1/health.proto', 'grpc.health.v1.Health'],
];
const definitions = services.flatMap(([file, name]) =>
  Object.values<ServiceDefinition[string]>(loadService(file, name)),
);
const requests: readonly object[] = [
  { action: 'a', parameters: { a: 'b', c: '' }, request_id: 'r', service: 'x' },
  {
    code: 'print(1)',
    context: { a: Buffer.from([0x81, 0xa1, 0x61, 1]) },
    files: [Buffer.from('f')],
    session_id: 's',
    tier: 'LARGE',
    timeout_seconds: 5,
  },
  { session_id: 's', patch: { edits: [{ line_number: 1, old_line: 'a', new_line: 'b' }] } },
];

/** The same for the other services. */
const others: Target = {
  name: 'gRPC messages of other services',
  codes: ['INVALID_REQUEST'],
  corpus: {
    words,
    seeds: definitions.flatMap(({ requestSerialize }, index) =>
      requests.map((request) => Buffer.concat([Buffer.from([index]), requestSerialize(request)])),
    ),
  },
  decode(bytes) {
    const definition = definitions[(bytes[0] ?? 0) % definitions.length];
    asNoMessage(() => definition?.requestDeserialize(bytes.subarray(1)));
  },
};

/** What protobuf refuses gRPC answers by itself, before the node sees it. A stack that is full is no refusal. */
function asNoMessage<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof Error && /call stack/.test(cause.message)) throw cause;
    throw new ParleyError('INVALID_REQUEST', 'The bytes are no such message.', { cause });
  }
}

/** The decoders of gRPC. */
export const grpcTargets: readonly Target[] = [a2a, others];

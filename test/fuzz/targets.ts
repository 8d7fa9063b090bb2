import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, isObject, type JsonObject, ParleyError } from '../../src/base/index.ts';
import { parseTaskMessage, readAssignment, readResult } from '../../src/bridge/index.ts';
import { createSseParser, parseJsonRpc, resolveVersion, v1Codec, verifyCard } from '../../src/protocol/index.ts';
import { createLaunchPlan, packFolder, parseManifest, readPackage } from '../../src/runtime/index.ts';
import { createFrameDecoder, encodeFrame } from '../../src/runtime/worker-protocol/codec.ts';
import type { Corpus } from './mutate.ts';

/** A decoder that is given damaged inputs. */
export interface Target {
  readonly name: string;
  readonly corpus: Corpus;
  /** The errors that it may answer with; every other one, and every crash, is a defect. */
  readonly codes: readonly ErrorCode[];
  decode(bytes: Buffer): unknown;
}

function corpusOf(seeds: readonly (string | Buffer)[], words: readonly string[]): Corpus {
  return { seeds: seeds.map((seed) => Buffer.from(seed)), words: words.map((word) => Buffer.from(word)) };
}

const jsonWords = ['{', '}', '[', ']', '":', ',', '"', 'null', '1e999', '-0', '"__proto__":', '\\ud800', '\u0000', '1'];

const manifest = `name: fuzz
version: 1.0.0
runtime: node24
entrypoint: agent:run
exports:
  - name: run
    handler: agent.run
    input_schema: { type: object, properties: { a: { type: string, pattern: "^a+$" } } }
environment: { A: "\${B:-c}" }
metadata: { version: 2.0.0, sub_agents: [{ name: x, description: y, public: true }] }
rest: { entry: "api:mount" }
ui: { path: ui, basePath: / }
`;

const manifests: Target = {
  name: 'manifests',
  codes: ['MANIFEST_INVALID'],
  corpus: corpusOf(
    [manifest, 'name: a\nversion: 1\nentrypoint: a:b\n', '{"name":"a","version":"1","entrypoint":"a:b"}'],
    [
      ...jsonWords,
      '- ',
      '? ',
      ': ',
      '&a ',
      '*a ',
      '!!str ',
      '|\n',
      '\n',
      '  ',
      '#',
      '<<: ',
      '---\n',
      '__proto__',
      '..',
      '${',
    ],
  ),
  decode: (bytes) => createLaunchPlan(parseManifest(bytes.toString('utf8'))),
};

const frames: Target = {
  name: 'worker frames',
  codes: ['WORKER_PROTOCOL'],
  corpus: corpusOf(
    [
      encodeFrame({ type: 'ready', protocol: 1, skills: ['a', 'b'] }),
      encodeFrame({ type: 'log', level: 'info', message: 'hello', call: 'c' }),
      encodeFrame({ type: 'event', call: 'c', event: { kind: 'status', parts: [{ text: 'x' }] } }),
      encodeFrame({ type: 'result', call: 'c', as: 'artifact', state: 'completed', parts: [{ bytes: 4 }] }, [
        Buffer.alloc(4),
      ]),
      encodeFrame({ type: 'error', call: 'c', code: 'AGENT_ERROR', message: 'x' }),
    ],
    [...jsonWords, '"bytes":', '"type":', '\u0000\u0000\u0000\u0010', '\u0000\u0000\u0000\u0000'],
  ),
  decode(bytes) {
    const decoder = createFrameDecoder({ maxFrameBytes: 65_536, onFrame: () => {} });
    const middle = Math.floor(bytes.length / 2);
    decoder.push(bytes.subarray(0, middle));
    decoder.push(bytes.subarray(middle));
  },
};

const message =
  '{"messageId":"m","role":"ROLE_USER","parts":[{"text":"a"},{"data":{"a":1}},{"raw":"AAEC","filename":"f"}]}';
const send = `{"message":${message},"configuration":{"returnImmediately":false,"historyLength":3},"metadata":{"a":"b"}}`;

const jsonRpc: Target = {
  name: 'JSON-RPC',
  codes: ['PARSE_ERROR', 'INVALID_REQUEST', 'INVALID_PARAMS', 'CONTENT_TYPE_NOT_SUPPORTED'],
  corpus: corpusOf(
    [
      `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":${send}}`,
      '{"jsonrpc":"2.0","id":"a","method":"GetTask","params":{"id":"t","historyLength":2}}',
      '{"jsonrpc":"2.0","id":null,"method":"message/send","params":{"message":{"kind":"message","messageId":"m","role":"user","parts":[{"kind":"text","text":"a"},{"kind":"file","file":{"bytes":"AA=="}}]}}}',
    ],
    jsonWords,
  ),
  decode(bytes) {
    const { params } = parseJsonRpc(bytes);
    decodeAll(params);
  },
};

const rest: Target = {
  name: 'REST',
  codes: ['INVALID_PARAMS', 'CONTENT_TYPE_NOT_SUPPORTED'],
  corpus: corpusOf(
    [send, '{"id":"t","historyLength":"2"}', '{"pageSize":10,"status":"TASK_STATE_WORKING"}'],
    jsonWords,
  ),
  decode: (bytes) => decodeAll(parseAny(bytes)),
};

const cardKey = {
  ...{ kty: 'EC', crv: 'P-256', kid: 'k' },
  ...{ x: 'L8KxwdX6SYPVgd09WEaZPsRaNN6xU78qb7xtrfoJ3Yc', y: '7bHNcI_IuS63h8taUEZI4Qp_Vm1EtpcVPxpMZpoEDDw' },
};
const cardHeader = Buffer.from('{"alg":"ES256","typ":"JOSE","kid":"k"}').toString('base64url');

const signedCard: Target = {
  name: 'signed agent cards',
  codes: ['INVALID_AGENT_RESPONSE', 'INVALID_PARAMS'],
  corpus: corpusOf(
    [
      `{"name":"a","supportedInterfaces":[{"url":"http://a","tenant":""}],"capabilities":{"extensions":[{"uri":"u","params":{"a":[{}]}}]},"securitySchemes":{"k":{"httpAuthSecurityScheme":{}}},"skills":[{"tags":[]}],"signatures":[{"protected":"${cardHeader}","signature":"AAAA"}]}`,
      `{"name":"a","url":"http://a","signatures":[{"protected":"e30","signature":""},{"protected":"${cardHeader}","signature":"${'A'.repeat(86)}"}]}`,
    ],
    [...jsonWords, '"signatures":', '"protected":', '{"":{}}'],
  ),
  decode(bytes) {
    const card = parseAny(bytes);
    if (isObject(card)) verifyCard(card as JsonObject, [cardKey]);
  },
};

const sse: Target = {
  name: 'server-sent events',
  codes: ['INVALID_AGENT_RESPONSE'],
  corpus: corpusOf(
    [
      `id: 1\nevent: a\ndata: {"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}}\n\n: x\ndata: {}\r\n\r\n`,
    ],
    [...jsonWords, '\r', '\n', '\r\n', 'data:', 'id:', 'retry:', ':', '\ufeff'],
  ),
  decode(bytes) {
    const parser = createSseParser(({ data }) => v1Codec.decodeStreamItem(parseAny(Buffer.from(data))), 65_536);
    const middle = Math.floor(bytes.length / 2);
    parser.push(bytes.subarray(0, middle));
    parser.push(bytes.subarray(middle));
  },
};

const codecs = [
  v1Codec,
  resolveVersion({ binding: 'json-rpc', header: '0.3' }),
  resolveVersion({ binding: 'rest', header: '0.3' }),
];

const readers = codecs.flatMap((codec) => [
  codec.decodeSend,
  codec.decodeGetTask,
  codec.decodeListTasks,
  codec.decodeTaskId,
  codec.push.decodeCreate,
]);

/** Every reader of a body gets its turn. Throws what is no answer to a caller, else the first refusal when all refuse. */
export function decodeAll(json: unknown): void {
  const refusals: unknown[] = [];
  for (const read of readers) {
    try {
      read(json);
    } catch (thrown) {
      if (!(thrown instanceof ParleyError)) throw thrown;
      refusals.push(thrown);
    }
  }
  if (refusals.length === readers.length) throw refusals[0];
}

function parseAny(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A target whose inputs lie in a folder that is to be removed. */
export interface FolderTarget extends Target {
  remove(): Promise<void>;
}

/** Packages as files: the archive is damaged, most of all its directory. */
export async function createZipTarget(): Promise<FolderTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-fuzz-'));
  const source = join(folder, 'source');
  await mkdir(source);
  await writeFile(join(source, 'agent.yaml'), 'name: fuzz\nversion: 1.0.0\nruntime: node24\nentrypoint: agent:run\n');
  await writeFile(join(source, 'agent.js'), 'export const run = () => 1;\n'.repeat(20));
  const packed = await readFile((await packFolder(source, folder)).file);
  const path = join(folder, 'input.apkg');
  return {
    name: 'zips',
    codes: ['PACKAGE_INVALID', 'MANIFEST_INVALID'],
    corpus: {
      seeds: [packed],
      words: ['PK\u0001\u0002', 'PK\u0003\u0004', 'PK\u0005\u0006', '../', '/', '\u0000'].map((word) =>
        Buffer.from(word),
      ),
    },
    decode(bytes) {
      writeFileSync(path, bytes);
      return readPackage({ kind: 'file', path });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const redisMessages: Target = {
  name: 'Redis messages',
  codes: ['VALIDATION_FAILED', 'INVALID_AGENT_RESPONSE'],
  corpus: corpusOf(
    [
      '{"id":"a2a_task_1","type":"task_assignment","from_agent":"p","to_agent":"a","timestamp":"2026-11-21T10:00:00","payload":{"description":"d","context_id":"c","timeout":30.0,"task_id":"a2a_task_1","parts":[{"text":"x"},{"raw":"AAE="}]},"retry_count":0}',
      '{"id":"r","type":"task_result","from_agent":"a","to_agent":"p","timestamp":"t","payload":{"task_id":"x","status":"completed","result":{"a":[1]},"processed_by":"a"},"retry_count":0}',
      '{"id":"r","type":"task_result","payload":{"status":"failed","error":{"message":"m"}}}',
    ],
    [...jsonWords, '"status":', '"parts":', '"payload":', 'task_result', 'MessageType.', '[[[[[[[['],
  ),
  decode: (bytes) => {
    const message = parseTaskMessage(bytes.toString('utf8'));
    return message.type === 'task_result' ? readResult(message) : readAssignment(message);
  },
};

/** The decoders that need nothing but their input. */
export const pureTargets: readonly Target[] = [manifests, frames, jsonRpc, rest, signedCard, sse, redisMessages];

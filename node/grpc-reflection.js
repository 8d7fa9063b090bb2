import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AgentCallError } from './agent-client.js';
import { callMethod } from './grpc-client.js';

/** @typedef {import('./grpc-client.js').GrpcMethod} GrpcMethod */
/** @typedef {Omit<import('./grpc-client.js').GrpcCall, 'method' | 'input'>} Caller */

/** What is known is asked for again after so long: the agent may be another version by then. */
const keptMs = 30_000;
/** @type {Map<string, { readAtMs: number, methods: Promise<Record<string, GrpcMethod>> }>} */
const known = new Map();

/**
 * A method of an agent's own service by its name, `package.Service/Method`, from what the agent's reflection says.
 *
 * @param {string} name
 * @param {Caller} caller
 * @returns {Promise<GrpcMethod>}
 */
export async function findMethod(name, caller) {
  const [service = '', method = ''] = name.replace(/^\//, '').split('/');
  const found = Object.values(await methodsOf(service, caller)).find(({ path }) => path === `/${service}/${method}`);
  if (found !== undefined) return found;
  throw new AgentCallError(`agent ${caller.agent} has no method ${name}`, { code: 'METHOD_NOT_FOUND' });
}

/** @param {string} service @param {Caller} caller */
function methodsOf(service, caller) {
  const key = `${caller.agent} ${service}`;
  const entry = known.get(key);
  if (entry !== undefined && Date.now() - entry.readAtMs < keptMs) return entry.methods;
  const methods = describeService(service, caller);
  known.set(key, { readAtMs: Date.now(), methods });
  methods.catch(() => known.delete(key));
  return methods;
}

/** @param {string} service @param {Caller} caller @returns {Promise<Record<string, GrpcMethod>>} */
async function describeService(service, caller) {
  const files = await callMethod({ ...caller, method: askForFile, input: [service] });
  for await (const file of files) {
    const packages = requireLoader().loadFileDescriptorSetFromBuffer(file, { keepCase: true, defaults: true });
    if (packages[service] !== undefined) return packages[service];
  }
  throw new AgentCallError(`agent ${caller.agent} has no service ${service}`, { code: 'METHOD_NOT_FOUND' });
}

/** One symbol in, one FileDescriptorSet out. @type {GrpcMethod} */
const askForFile = {
  path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  requestStream: true,
  responseStream: true,
  requestSerialize: (symbol) => field(4, Buffer.from(symbol)),
  responseDeserialize: (bytes) => {
    const answer = readFields(bytes).find(({ number }) => number === 4);
    const files = answer === undefined ? [] : readFields(answer.bytes).filter(({ number }) => number === 1);
    return Buffer.concat(files.map((file) => field(1, file.bytes)));
  },
};

/** A field of a length, as protobuf writes it. @param {number} number @param {Uint8Array} bytes */
function field(number, bytes) {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

/** @param {number} value @returns {number[]} */
function varint(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** The fields of a message that have a length. @param {Uint8Array} bytes */
function readFields(bytes) {
  const fields = [];
  let at = 0;
  const read = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  while (at < bytes.length) {
    const tag = read();
    const length = read();
    if ((tag & 7) !== 2) continue;
    fields.push({ number: tag >>> 3, bytes: Buffer.from(bytes.subarray(at, at + length)) });
    at += length;
  }
  return fields;
}

/** The package's own, or the node's. */
function requireLoader() {
  for (const base of [join(process.cwd(), 'package.json'), import.meta.filename]) {
    try {
      return createRequire(base)('@grpc/proto-loader');
    } catch {
      // The next place has it, or nobody.
    }
  }
  const message =
    'a method is found by reflection with "@grpc/proto-loader": name it in the dependencies of package.json';
  throw new Error(`${message}, or give the method's definition`);
}

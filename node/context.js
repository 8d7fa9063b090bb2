import { format } from 'node:util';
import { addPart, noParts, partsOfValue } from './parts.js';

/** @typedef {import('./call.js').Call} Call */

/**
 * The second argument of a handler. Its functions can be taken out of it.
 *
 * @param {Call} call
 */
export function createContext(call) {
  const { frame } = call;
  return {
    invocationId: frame.call,
    task: frame.task,
    caller: frame.caller,
    parts: call.parts,
    signal: call.signal,
    deadline: frame.deadlineAtMs === undefined ? undefined : new Date(frame.deadlineAtMs),
    correlationId: frame.correlationId,
    traceparent: frame.traceparent,
    log: createLog(call),
    status: (/** @type {unknown} */ value) => sendStatus(call, value),
    artifact: createArtifactSender(call),
    ask: (/** @type {unknown} */ question, { state = 'input-required' } = {}) => call.ask(question, state),
    call: createCaller(call),
  };
}

/** @param {Call} call */
function createLog(call) {
  const at = (/** @type {'debug' | 'info' | 'warn' | 'error'} */ level) => {
    return (/** @type {unknown[]} */ ...values) => call.log(level, format(...values));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** @param {Call} call @param {unknown} value */
async function sendStatus(call, value) {
  const { parts, files } = partsOfValue(value);
  await call.emit({ kind: 'status', parts }, files);
}

/**
 * Sends artifacts of a call: `{name, description, metadata, text | data | bytes | url | parts, mediaType, filename, append,
 * lastChunk}`. Without `artifactId` a chunk that appends goes to the artifact of the same name, or else to the latest one;
 * every other artifact gets the next number. Resolves with the artifact's id once it has left.
 *
 * @param {Call} call
 */
function createArtifactSender(call) {
  let count = 0;
  let latest = 'artifact-1';
  /** @type {Map<string, string>} */
  const named = new Map();

  const chooseId = (/** @type {any} */ { artifactId, name, append }) => {
    if (artifactId !== undefined) return artifactId;
    if (append) return named.get(name) ?? latest;
    count += 1;
    return `artifact-${count}`;
  };

  return (/** @type {any} */ artifact) => {
    const artifactId = chooseId(artifact);
    latest = artifactId;
    if (artifact.name !== undefined) named.set(artifact.name, artifactId);
    return sendArtifact(call, { ...artifact, artifactId });
  };
}

/** @param {Call} call @param {any} artifact */
async function sendArtifact(call, artifact) {
  const { artifactId, name, description, metadata, append = false, lastChunk = !append } = artifact;
  const { parts, files } = artifactParts(artifact);
  await call.emit({ kind: 'artifact', artifactId, name, description, metadata, append, lastChunk, parts }, files);
  return artifactId;
}

/** @param {any} artifact */
function artifactParts({ parts, text, data, bytes, url, mediaType, filename }) {
  const result = noParts();
  if (text !== undefined) addPart({ text }, result);
  if (data !== undefined) addPart({ data }, result);
  if (bytes !== undefined) addPart({ bytes, mediaType, filename }, result);
  if (url !== undefined) addPart({ url, mediaType, filename }, result);
  for (const part of parts ?? []) addPart(part, result);
  return result;
}

/**
 * Calls other agents. Calls are numbered in the order in which the handler makes them, so that an invocation that is
 * dispatched again after a crash repeats no effect. With the option `grpc` a method of the agent's own gRPC service is called: by
 * its name, `package.Service/Method`, or by its definition.
 *
 * @param {Call} call
 */
function createCaller(call) {
  let count = 0;
  return async (/** @type {string} */ agent, /** @type {unknown} */ input, /** @type {any} */ options = {}) => {
    count += 1;
    const idempotencyKey = `${call.frame.call}:${count}`;
    call.signal.throwIfAborted();
    if (options.grpc !== undefined) return callService(call, agent, input, options.grpc);
    const { callAgent } = await import('./agent-client.js');
    return callAgent({ agent, input, options, idempotencyKey, invocation: call.frame, signal: call.signal });
  };
}

/**
 * @param {Call} call
 * @param {string} agent
 * @param {unknown} input
 * @param {string | import('./grpc-client.js').GrpcMethod} named
 */
async function callService(call, agent, input, named) {
  const { callMethod } = await import('./grpc-client.js');
  const caller = { agent, invocation: call.frame, signal: call.signal };
  const method =
    typeof named === 'string' ? await (await import('./grpc-reflection.js')).findMethod(named, caller) : named;
  return callMethod({ ...caller, method, input });
}

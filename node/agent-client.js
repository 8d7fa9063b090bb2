import { addPart, noParts, partsOfValue, summarizeParts } from './parts.js';

// An import would read all names of the module, and one of them loads Node's own fetch: 14 MB.
const http = process.getBuiltinModule('node:http');

/**
 * @typedef {{ callToken: string, correlationId: string, traceparent?: string }} InvocationFacts
 *
 * @typedef {object} AgentCall
 * @property {string} agent id
 * @property {unknown} input text, arguments, `{text, files}` or `{parts}`
 * @property {{ skill?: string, taskId?: string, contextId?: string, metadata?: object }} options
 * @property {string} idempotencyKey
 * @property {InvocationFacts} invocation
 * @property {AbortSignal} signal
 */

/** A call to another agent that did not end well. `code`: from the catalogue of errors; `task`: when there is one. */
export class AgentCallError extends Error {
  /** @param {string} message @param {{ code: string, task?: any, cause?: unknown }} details */
  constructor(message, { code, task, cause }) {
    super(message, { cause });
    this.name = 'AgentCallError';
    this.code = code;
    this.task = task;
  }
}

const keepAlive = new http.Agent({ keepAlive: true });

/**
 * Sends a message to an agent and waits until its task is over or asks back: A2A 1.0 over HTTP+JSON, through the node.
 *
 * @param {AgentCall} agentCall
 * @returns {Promise<{ state: string, text: string | undefined, data: any, files: any[], artifacts: any[], task: any }>}
 */
export async function callAgent(agentCall) {
  const body = JSON.stringify(sendRequest(agentCall));
  const response = await postOnce(agentCall, body).catch((error) => {
    if (error?.staleSocket === true) return postOnce(agentCall, body);
    throw error;
  });
  return readAnswer(agentCall.agent, response);
}

/** @param {AgentCall} agentCall */
function sendRequest({ input, options, idempotencyKey }) {
  const { skill, taskId, contextId } = options;
  const metadata = skill === undefined ? options.metadata : { ...options.metadata, skill };
  const parts = toProtocolParts(input);
  const message = { messageId: idempotencyKey, role: 'ROLE_USER', parts, taskId, contextId, metadata };
  return { message, configuration: { returnImmediately: false } };
}

/** @param {any} input */
function toProtocolParts(input) {
  const { parts, files } = wireInput(input);
  let next = 0;
  return parts.map((part) => {
    if (!('bytes' in part)) return part;
    const { bytes: _, ...names } = part;
    const raw = Buffer.from(files[next] ?? []).toString('base64');
    next += 1;
    return { raw, ...names };
  });
}

/** @param {any} input */
function wireInput(input) {
  if (!Array.isArray(input?.files)) return partsOfValue(input ?? {});
  const { files, text, data, ...rest } = input;
  const args = data ?? (Object.keys(rest).length > 0 ? rest : undefined);
  const result = noParts();
  if (text !== undefined) addPart({ text }, result);
  if (args !== undefined) addPart({ data: args }, result);
  for (const file of files) addPart(file, result);
  return result;
}

/**
 * @param {AgentCall} agentCall
 * @param {string} body
 * @returns {Promise<{ status: number, body: string }>}
 */
function postOnce(agentCall, body) {
  const { PARLEY_URL: base } = process.env;
  if (!base)
    return Promise.reject(unavailable('PARLEY_URL is not set: calling agents works in a worker that Parley started'));
  const url = `${base.replace(/\/$/, '')}/a2a/${encodeURIComponent(agentCall.agent)}/message:send`;
  const { promise, resolve, reject } = Promise.withResolvers();
  const request = http.request(url, {
    method: 'POST',
    agent: keepAlive,
    headers: headersOf(agentCall),
    signal: agentCall.signal,
  });
  request.on('response', (response) =>
    readBody(response).then((text) => resolve({ status: response.statusCode, body: text }), reject),
  );
  request.on('error', (error) => {
    if (agentCall.signal.aborted) reject(agentCall.signal.reason);
    else
      reject(
        Object.assign(unavailable(`the node at ${base} cannot be reached`, error), {
          staleSocket: isStale(request, error),
        }),
      );
  });
  request.end(body);
  return promise;
}

/** The node closed a kept connection just when it was used again. @param {import('node:http').ClientRequest} request @param {any} error */
function isStale(request, error) {
  return request.reusedSocket && error.code === 'ECONNRESET';
}

/** @param {string} message @param {unknown} [cause] */
function unavailable(message, cause) {
  return new AgentCallError(message, { code: 'UNREACHABLE', cause });
}

/** @param {AgentCall} agentCall */
function headersOf({ invocation, idempotencyKey }) {
  const { PARLEY_TOKEN: token } = process.env;
  return {
    'content-type': 'application/json',
    'a2a-version': '1.0',
    'idempotency-key': idempotencyKey,
    'parley-call-token': invocation.callToken,
    'x-correlation-id': invocation.correlationId,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(invocation.traceparent === undefined ? {} : { traceparent: invocation.traceparent }),
  };
}

/** @param {import('node:http').IncomingMessage} response */
async function readBody(response) {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** @param {string} agent @param {{ status: number, body: string }} response */
function readAnswer(agent, { status, body }) {
  const answer = parseBody(agent, status, body);
  if (status >= 400) throw refusal(agent, status, answer);
  if (answer.message !== undefined) {
    return {
      state: 'completed',
      ...summarizeParts(fromProtocolParts(answer.message.parts)),
      artifacts: [],
      task: undefined,
    };
  }
  return readTask(agent, answer.task);
}

/** @param {string} agent @param {number} status @param {string} body */
function parseBody(agent, status, body) {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new AgentCallError(`agent ${agent} answered ${status} with something that is not JSON`, {
      code: 'INVALID_AGENT_RESPONSE',
      cause,
    });
  }
}

/** @param {string} agent @param {number} status @param {any} answer */
function refusal(agent, status, answer) {
  const error = answer.error ?? {};
  const info = (error.details ?? []).find((/** @type {any} */ detail) => detail.reason !== undefined);
  return new AgentCallError(error.message ?? `agent ${agent} answered ${status}`, {
    code: info?.reason ?? error.status ?? 'INTERNAL',
  });
}

/** @param {string} agent @param {any} task */
function readTask(agent, task) {
  const state = task.status.state
    .replace(/^TASK_STATE_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
  const said = fromProtocolParts(task.status.message?.parts ?? []);
  if (['failed', 'canceled', 'rejected'].includes(state)) throw failure({ agent, state, task, said });
  const artifacts = (task.artifacts ?? []).map((/** @type {any} */ artifact) => {
    return { ...artifact, parts: fromProtocolParts(artifact.parts ?? []) };
  });
  const made = artifacts.flatMap((/** @type {any} */ artifact) => artifact.parts);
  const parts = state === 'completed' && made.length > 0 ? made : said;
  return { state, ...summarizeParts(parts), artifacts, task };
}

/** @param {{ agent: string, state: string, task: any, said: any[] }} outcome */
function failure({ agent, state, task, said }) {
  const { text } = summarizeParts(said);
  const code = task.status.message?.metadata?.code ?? (state === 'canceled' ? 'CANCELED' : 'AGENT_ERROR');
  return new AgentCallError(text ?? `agent ${agent} ended its task as ${state}`, { code, task });
}

/** @param {readonly any[]} parts */
function fromProtocolParts(parts) {
  return parts.map(({ raw, ...part }) =>
    raw === undefined ? part : { ...part, bytes: new Uint8Array(Buffer.from(raw, 'base64')) },
  );
}

/** The Node half of the agents in the host tests; agent.py has the same functions. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export function echo(input) {
  const { files = [], ...rest } = input;
  const described = files.map(({ name, type, bytes, url }) => ({ name, type, size: bytes?.length, url }));
  return { input: rest, files: described };
}

export const one = (input) => input.text.toUpperCase();

const values = {
  object: { total: 3, rows: [1, 2] },
  text: 'plain words',
  number: 4.5,
  list: [1, 'two', null],
  nothing: undefined,
  bytes: Uint8Array.of(1, 2, 3),
  file: { name: 'a.csv', type: 'text/csv', bytes: Buffer.from('a,b') },
  files: ['here', { name: 'b.txt', type: 'text/plain', bytes: Buffer.from('b') }],
  parts: {
    parts: [
      { text: 't' },
      { data: { a: 1 } },
      { url: 'https://example.com/x', filename: 'x' },
      { bytes: Buffer.from('p') },
    ],
  },
  error: { status: 'error', message: 'no such row' },
  errorWithMore: { status: 'error', message: 'no such row', row: 7 },
  success: { status: 'success', row: 7 },
  reply: { kind: 'message', text: 'just a word' },
  rejection: { kind: 'rejection', text: 'not for me' },
  replyParts: { kind: 'message', parts: [{ data: [1] }] },
  nan: { value: Number.NaN },
};

export const returns = ({ kind }) => values[kind];

export function returnsWhatIsNotJson() {
  const loop = {};
  loop.self = loop;
  return loop;
}

export async function throws({ text }) {
  throw new Error(text);
}

export async function* streamAsync() {
  yield 'a';
  yield { n: 1 };
  await delay(1);
  yield Buffer.from('c');
}

export function* streamSync() {
  yield 'a';
  yield { n: 1 };
  yield Buffer.from('c');
}

export async function* streamThatFails() {
  yield 'a';
  throw new Error('broke in the middle');
}

export async function* streamThatSaysError() {
  yield 'a';
  yield { status: 'error', message: 'gave up' };
}

export async function* streamWithGates(_input, context) {
  yield 'first';
  const { text } = await context.ask('more?');
  yield text;
  await context.ask('end?');
}

export async function tells(_input, { invocationId, task, caller, deadline, correlationId, traceparent, parts }) {
  return { invocationId, task, caller, deadline: deadline?.getTime(), correlationId, traceparent, parts: parts.length };
}

export async function reports(_input, { status, artifact, log }) {
  log.info('at %d', 1);
  await status('working on it');
  await status({ parts: [{ text: 'half' }, { data: { percent: 50 } }] });
  const id = await artifact({ name: 'table', description: 'rows', text: 'r1', lastChunk: false });
  await artifact({ name: 'table', text: 'r2', append: true, lastChunk: true });
  await artifact({ name: 'picture', bytes: Buffer.from('<svg/>'), mediaType: 'image/svg+xml', filename: 'p.svg' });
  await artifact({ artifactId: 'mine', data: [1], metadata: { m: 1 } });
  return { id };
}

export async function asks(_input, context) {
  const first = await context.ask('which?');
  const second = await context.ask({ parts: [{ text: 'sure?' }] }, { state: 'auth-required' });
  return {
    first: first.text,
    id: first.messageId,
    second: second.data,
    files: second.files.map(({ bytes }) => bytes.length),
  };
}

export async function floods({ count, size }, { status }) {
  const text = 'x'.repeat(size);
  const sent = [];
  for (let n = 0; n < count; n += 1) sent.push(status(text));
  await Promise.all(sent);
  return { sent: count };
}

export async function waitsForCancel(_input, { status, signal }) {
  await status('waiting');
  if (!signal.aborted) await once(signal, 'abort');
  await status('still here').catch(() => {});
  return { code: signal.reason.code };
}

export async function asksForEver(_input, { ask }) {
  await ask('anybody?');
}

export async function* streamsForEver(_input, context) {
  try {
    for (;;) {
      yield 'tick';
      await delay(5);
    }
  } finally {
    context.log.info('the stream was closed');
  }
}

let waiting = [];

/** Ends when `count` calls are in it at once. */
export async function meets({ count }) {
  const met = Promise.withResolvers();
  waiting.push(met);
  if (waiting.length === count) {
    for (const { resolve } of waiting) resolve();
    waiting = [];
  }
  await met.promise;
  return 'met';
}

export const meetsInThreads = meets;

export async function calls({ agent, options, input }, context) {
  const { state, text, data, files, artifacts } = await context.call(agent, input, options);
  return {
    state,
    text,
    data,
    files: files.map(({ name, bytes }) => [name, bytes.length]),
    artifacts: artifacts.length,
  };
}

export const callsFromThread = calls;

export async function callFails({ agent }, context) {
  try {
    await context.call(agent, 'x');
  } catch ({ code, message }) {
    return { code, message };
  }
}

export function prints() {
  console.log('printed');
  return 'ok';
}

export function isTooBig() {
  return 'x'.repeat(2_000_000);
}

export function rejectsBesides() {
  Promise.reject(new Error('nobody catches me'));
  return 'ok';
}

export function crashes() {
  setImmediate(() => {
    throw new Error('out of the blue');
  });
  return new Promise(() => {});
}

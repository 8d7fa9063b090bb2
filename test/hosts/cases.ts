import type { WirePart } from '../../src/runtime/worker-protocol/frames.ts';
import type { HostKind } from './host-process.ts';

/** One call and the frame that must end it; `events` when they matter. The same for both hosts, unless `only` says otherwise. */
export interface HostCase {
  readonly title: string;
  readonly skill: string;
  readonly parts?: readonly WirePart[];
  readonly files?: readonly Uint8Array[];
  readonly last: Readonly<Record<string, unknown>>;
  readonly events?: readonly unknown[];
  readonly only?: HostKind;
}

const octets = 'application/octet-stream';

function completed(...parts: unknown[]): Readonly<Record<string, unknown>> {
  return { type: 'result', as: 'artifact', state: 'completed', parts };
}

function returning(kind: string, title: string, last: Readonly<Record<string, unknown>>): HostCase {
  return { title, skill: 'returns', parts: [{ data: { kind } }], last };
}

function chunk(append: boolean, lastChunk: boolean, ...parts: unknown[]): unknown {
  return { kind: 'artifact', artifactId: 'stream', append, lastChunk, parts };
}

const chunks = [
  chunk(false, false, { text: 'a' }),
  chunk(true, false, { data: { n: 1 } }),
  chunk(true, true, { bytes: 'c', mediaType: octets }),
];

const reported = [
  { kind: 'status', parts: [{ text: 'working on it' }] },
  { kind: 'status', parts: [{ text: 'half' }, { data: { percent: 50 } }] },
  {
    kind: 'artifact',
    artifactId: 'artifact-1',
    name: 'table',
    description: 'rows',
    append: false,
    lastChunk: false,
    parts: [{ text: 'r1' }],
  },
  { kind: 'artifact', artifactId: 'artifact-1', name: 'table', append: true, lastChunk: true, parts: [{ text: 'r2' }] },
  {
    kind: 'artifact',
    artifactId: 'artifact-2',
    name: 'picture',
    append: false,
    lastChunk: true,
    parts: [{ bytes: '<svg/>', mediaType: 'image/svg+xml', filename: 'p.svg' }],
  },
  { kind: 'artifact', artifactId: 'mine', metadata: { m: 1 }, append: false, lastChunk: true, parts: [{ data: [1] }] },
];

export const hostCases: readonly HostCase[] = [
  {
    title: 'text alone is the argument `text`',
    skill: 'echo',
    parts: [{ text: 'hello' }, { text: 'world' }],
    last: completed({ data: { input: { text: 'hello\nworld' }, files: [] } }),
  },
  {
    title: 'data parts are merged into the arguments, text goes along, an action that is the skill is left out',
    skill: 'echo',
    parts: [{ data: { action: 'echo', a: 1, b: 1 } }, { text: 'words' }, { data: { b: 2 } }],
    last: completed({ data: { input: { a: 1, b: 2, text: 'words' }, files: [] } }),
  },
  {
    title: 'an argument `text` and another action stay as they are',
    skill: 'echo',
    parts: [{ data: { action: 'other', text: 'mine' } }, { text: 'words' }],
    last: completed({ data: { input: { action: 'other', text: 'mine' }, files: [] } }),
  },
  {
    title: 'data that is not an object is the argument `data`',
    skill: 'echo',
    parts: [{ data: [1, 2] }],
    last: completed({ data: { input: { data: [1, 2] }, files: [] } }),
  },
  {
    title: 'files come as bytes with name and type, links as url',
    skill: 'echo',
    parts: [
      { bytes: 3, filename: 'a.csv', mediaType: 'text/csv' },
      { url: 'https://example.com/b', filename: 'b', mediaType: 'text/plain' },
      { bytes: 0, filename: 'empty', mediaType: 'text/plain' },
    ],
    files: [Buffer.from('a,b'), Buffer.alloc(0)],
    last: completed({
      data: {
        input: {},
        files: [
          { name: 'a.csv', type: 'text/csv', size: 3 },
          { name: 'b', type: 'text/plain', url: 'https://example.com/b' },
          { name: 'empty', type: 'text/plain', size: 0 },
        ],
      },
    }),
  },
  {
    title: 'a function with one argument works',
    skill: 'one',
    parts: [{ text: 'héllo' }],
    last: completed({ text: 'HÉLLO' }),
  },
  returning('object', 'an object becomes a data part', completed({ data: { total: 3, rows: [1, 2] } })),
  returning('text', 'a string becomes a text part', completed({ text: 'plain words' })),
  returning('number', 'a number becomes a data part', completed({ data: 4.5 })),
  returning('list', 'a list becomes a data part', completed({ data: [1, 'two', null] })),
  returning('nothing', 'nothing becomes a completed task without parts', completed()),
  returning('bytes', 'bytes become a file part', completed({ bytes: '\x01\x02\x03', mediaType: octets })),
  returning(
    'file',
    'a named file keeps name and type',
    completed({ bytes: 'a,b', filename: 'a.csv', mediaType: 'text/csv' }),
  ),
  returning(
    'files',
    'a list with files in it becomes a part for each',
    completed({ text: 'here' }, { bytes: 'b', filename: 'b.txt', mediaType: 'text/plain' }),
  ),
  returning(
    'parts',
    'parts are sent as they are',
    completed(
      { text: 't' },
      { data: { a: 1 } },
      { url: 'https://example.com/x', filename: 'x' },
      { bytes: 'p', mediaType: octets },
    ),
  ),
  returning('error', 'a status of error fails the task with its message', {
    ...completed({ text: 'no such row' }),
    state: 'failed',
  }),
  returning('errorWithMore', 'what an error says besides its message is kept', {
    ...completed({ text: 'no such row' }, { data: { status: 'error', message: 'no such row', row: 7 } }),
    state: 'failed',
  }),
  returning('success', 'any other status is data', completed({ data: { status: 'success', row: 7 } })),
  returning('reply', 'a message is a reply instead of a task', { ...completed({ text: 'just a word' }), as: 'reply' }),
  returning('replyParts', 'a reply can have parts', { ...completed({ data: [1] }), as: 'reply' }),
  returning('rejection', 'a rejection is a task that the agent does not take', {
    ...completed({ text: 'not for me' }),
    state: 'rejected',
  }),
  returning('nan', 'a number that JSON does not have becomes null', completed({ data: { value: null } })),
  {
    title: 'what a handler throws fails the call with its message',
    skill: 'throws',
    parts: [{ text: 'the disk is full' }],
    last: { type: 'error', code: 'AGENT_ERROR', message: 'the disk is full' },
  },
  {
    title: 'an async generator streams chunks of one artifact',
    skill: 'streamAsync',
    last: completed(),
    events: chunks,
  },
  { title: 'a generator streams chunks of one artifact', skill: 'streamSync', last: completed(), events: chunks },
  {
    title: 'a generator that throws fails the call after its chunks',
    skill: 'streamThatFails',
    last: { type: 'error', code: 'AGENT_ERROR', message: 'broke in the middle' },
    events: [chunk(false, false, { text: 'a' })],
  },
  {
    title: 'an item with a status of error fails the task after its chunks',
    skill: 'streamThatSaysError',
    last: { ...completed({ text: 'gave up' }), state: 'failed' },
    events: [chunk(false, false, { text: 'a' })],
  },
  {
    title: 'status and artifacts arrive in order',
    skill: 'reports',
    last: completed({ data: { id: 'artifact-1' } }),
    events: reported,
  },
  {
    title: 'status and artifacts of an async handler arrive in order, awaited or not',
    skill: 'reportsAsync',
    last: completed({ data: { id: 'artifact-1' } }),
    events: reported,
    only: 'python',
  },
  {
    title: 'sys.exit fails the call, not the worker',
    skill: 'exits',
    last: { type: 'error', code: 'AGENT_ERROR', message: 'the handler ended with SystemExit enough' },
    only: 'python',
  },
  {
    title: 'sys.exit of an async handler fails the call, not the worker',
    skill: 'exitsAsync',
    last: { type: 'error', code: 'AGENT_ERROR', message: 'the handler ended with SystemExit enough' },
    only: 'python',
  },
];

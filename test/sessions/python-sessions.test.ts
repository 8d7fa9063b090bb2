import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { decode, encode } from '@msgpack/msgpack';
import { hasCode } from '../../src/base/index.ts';
import type { PackedValues, PythonChunk, PythonExecution, PythonOutcome } from '../../src/registry/index.ts';
import type { DeploymentSessions } from '../../src/runtime/python-agent/deployment-sessions.ts';
import { requires } from '../support/requires.ts';
import { createExecution, openSessions } from './session-fixture.ts';

const needsPython = requires('python3');
const signal = new AbortController().signal;

const unpack = (values: PackedValues): object =>
  Object.fromEntries([...values].map(([name, value]) => [name, decode(Uint8Array.from(value))]));

const packValues = (values: Readonly<Record<string, unknown>>): PackedValues =>
  new Map(Object.entries(values).map(([name, value]) => [name, encode(value)]));

interface Ran extends PythonOutcome {
  readonly values: object;
  readonly stdout: string;
  readonly stderr: string;
  readonly progress: readonly string[];
}

async function run(sessions: DeploymentSessions, code: string, change: Partial<PythonExecution> = {}): Promise<Ran> {
  const chunks: PythonChunk[] = [];
  const outcome = await sessions.execute(createExecution(code, change), (chunk) => void chunks.push(chunk));
  const text = (kind: PythonChunk['kind']): readonly string[] =>
    chunks.filter((chunk) => chunk.kind === kind).map(({ data }) => Buffer.from(data).toString());
  return {
    ...outcome,
    values: unpack(outcome.results),
    stdout: text('stdout').join(''),
    stderr: text('stderr').join(''),
    progress: text('progress'),
  };
}

async function open(t: TestContext, change: Parameters<typeof openSessions>[1] = {}): Promise<DeploymentSessions> {
  return openSessions(t, change);
}

test(
  'variables stay from one execution to the next, and results are what the code assigned',
  needsPython,
  async (t) => {
    const sessions = await open(t);
    const first = await run(sessions, 'import math\na = 1\n_hidden = 2\ndef twice(x): return 2 * x\nclass K: pass');
    assert.equal(first.error, undefined);
    assert.deepEqual(first.values, { a: 1 });
    const second = await run(sessions, 'b = twice(a) + math.floor(_hidden)\na = a');
    assert.deepEqual(second.values, { a: 1, b: 4 });
    assert.ok(second.memoryBytes > 1_000_000);
    const { variables, createdAtMs, lastAccessedAtMs } = await sessions.readState('s', signal);
    assert.deepEqual(unpack(variables), { a: 1, b: 4 });
    assert.ok(createdAtMs <= lastAccessedAtMs);
  },
);

test('a value that MessagePack has no form for is its type and its repr', needsPython, async (t) => {
  const sessions = await open(t);
  const { values } = await run(
    sessions,
    'import datetime\nday = [datetime.date(2020, 1, 2)]\npair = (1, {2})\nlong = 2**70',
  );
  assert.deepEqual(values, {
    day: [{ __type__: 'datetime.date', __repr__: 'datetime.date(2020, 1, 2)' }],
    pair: [1, [2]],
    long: { __type__: 'builtins.int', __repr__: String(2n ** 70n) },
  });
});

test('what the code prints is captured, from its child processes too', needsPython, async (t) => {
  const sessions = await open(t);
  const code =
    'import subprocess, sys\nprint("one")\nprint("two", file=sys.stderr)\nsubprocess.run(["echo", "three"])\nprogress(0.5)\nprogress("äh")';
  const { stdout, stderr, progress, error } = await run(sessions, code);
  assert.equal(error, undefined);
  assert.equal(stdout, 'one\nthree\n');
  assert.equal(stderr, 'two\n');
  assert.deepEqual(progress, ['0.5', 'äh']);
});

test(
  'a million lines come whole, and the end of one execution is not the beginning of the next',
  needsPython,
  async (t) => {
    const sessions = await open(t);
    const { stdout } = await run(sessions, 'for i in range(200_000): print(i)\nprint("\\0end\\0", end="")');
    assert.equal(stdout.length, Array.from({ length: 200_000 }, (_, i) => `${i}\n`).join('').length + 5);
    assert.equal((await run(sessions, 'print("next")')).stdout, 'next\n');
  },
);

test('an error is a traceback that shows the line, and the session goes on', needsPython, async (t) => {
  const sessions = await open(t);
  await run(sessions, 'def divide(x):\n    return 1 / x');
  const { error, values } = await run(sessions, 'kept = 1\ndivide(0)\nlost = 2');
  assert.match(
    error ?? '',
    /^Traceback[\s\S]*File "<execution 2>", line 2[\s\S]*return 1 \/ x[\s\S]*ZeroDivisionError: division by zero$/,
  );
  assert.doesNotMatch(error ?? '', /parley_session/);
  assert.deepEqual(values, { kept: 1 });
  assert.match((await run(sessions, 'def')).error ?? '', /SyntaxError/);
  assert.match((await run(sessions, 'import sys; sys.exit(3)')).error ?? '', /SystemExit: 3/);
  assert.deepEqual((await run(sessions, 'kept = kept')).values, { kept: 1 });
});

test(
  'context and files are there for the code, and what cannot be read is refused before it runs',
  needsPython,
  async (t) => {
    const sessions = await open(t);
    const context = packValues({ x: { deep: [1, 2.5, null, 'é'] }, raw: new Uint8Array([1, 2]) });
    const files = [Buffer.from('first'), Buffer.from('second')];
    const { values } = await run(sessions, 'texts = [open(f).read() for f in files]\ny = [x, raw]', { context, files });
    assert.deepEqual(values, {
      texts: ['first', 'second'],
      y: [{ deep: [1, 2.5, null, 'é'] }, new Uint8Array([1, 2])],
    });
    for (const [name, value] of [
      ['when', new Date(0)],
      ['not a name', 1],
      ['__builtins__', 1],
    ] as const) {
      const refused = run(sessions, 'ran = 1', { context: packValues({ [name]: value }) });
      await assert.rejects(refused, (thrown) => hasCode(thrown, 'INVALID_PARAMS') && thrown.message.includes(name));
    }
    assert.equal('ran' in unpack((await sessions.readState('s', signal)).variables), false);
  },
);

test('code that runs too long is interrupted, and its session goes on', needsPython, async (t) => {
  const sessions = await open(t);
  const { error, values } = await run(sessions, 'before = 1\nwhile True: pass', { timeoutMs: 300 });
  assert.match(
    error ?? '',
    /^The code was stopped: it ran longer than 0.3 s. The session goes on.\nTraceback[\s\S]*KeyboardInterrupt$/,
  );
  assert.deepEqual(values, { before: 1 });
  assert.deepEqual((await run(sessions, 'after = before')).values, { after: 1 });
});

test('code that goes on when interrupted is killed, and its session is gone', needsPython, async (t) => {
  const sessions = await open(t);
  const stubborn = 'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint("here")\nwhile True: pass';
  const { error, stdout } = await run(sessions, stubborn, { timeoutMs: 300 });
  assert.equal(stdout, 'here\n');
  assert.match(
    error ?? '',
    /ran longer than 0.3 s and went on when interrupted. Session "s" and its variables are gone/,
  );
  await assert.rejects(sessions.readState('s', signal), (thrown) => hasCode(thrown, 'NOT_FOUND'));
  assert.deepEqual((await run(sessions, 'fresh = "s" in dir()')).values, { fresh: false });
});

test('a session whose process is killed says so, and the next execution begins anew', needsPython, async (t) => {
  const sessions = await open(t);
  await run(sessions, 'x = 1');
  const { error } = await run(sessions, 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)');
  assert.match(error ?? '', /ended by SIGKILL. Session "s" and its variables are gone/);
  assert.match((await run(sessions, 'x')).error ?? '', /NameError/);
});

test('code that takes more memory than it may is killed', needsPython, async (t) => {
  const sessions = await open(t, { memoryBytes: 120 * 1024 * 1024 });
  const { error } = await run(
    sessions,
    'hoard = []\nimport time\nwhile True:\n  hoard.append(b"x" * 10_000_000)\n  time.sleep(0.05)',
  );
  assert.match(error ?? '', /of memory and was killed. Session "s"/);
});

test('a child that the code forks does not answer in its place', needsPython, async (t) => {
  const sessions = await open(t);
  const { values } = await run(
    sessions,
    'import os\nchild = os.fork()\nif child: os.waitpid(child, 0)\nis_child = child == 0',
  );
  assert.equal((values as { is_child: boolean }).is_child, false);
  assert.deepEqual((await run(sessions, 'n = 1')).values, { n: 1 });
});

test('a session whose code writes to its socket is ended', needsPython, async (t) => {
  const sessions = await open(t);
  const { error } = await run(sessions, 'import os\nos.write(3, b"garbage" * 10)\nwhile True: pass');
  assert.match(error ?? '', /sent what no session sends/);
});

test('code whose caller leaves is stopped', needsPython, async (t) => {
  const sessions = await open(t);
  const caller = new AbortController();
  const begun = createExecution('progress()\nwhile True: pass', { signal: caller.signal });
  const { error } = await sessions.execute(begun, () => void caller.abort());
  assert.match(error ?? '', /cancelled by its caller/);
  assert.equal((await run(sessions, 'n = 1')).error, undefined);
});

test('executions of one session run in the order they came, and only so many may wait', needsPython, async (t) => {
  const sessions = await open(t);
  await run(sessions, 'seen = []');
  const waiting = Array.from({ length: 17 }, (_, n) => run(sessions, `seen.append(${n})\nlast = seen`));
  await assert.rejects(run(sessions, 'x = 1'), (thrown) => hasCode(thrown, 'QUEUE_FULL'));
  const last = (await Promise.all(waiting)).at(-1);
  assert.deepEqual(last?.values, { last: Array.from({ length: 17 }, (_, n) => n) });
});

test('only so many sessions may be open, and one that has ended makes room', needsPython, async (t) => {
  const sessions = await open(t);
  for (const sessionId of ['a', 'b', 'c', 'd']) await run(sessions, 'x = 1', { sessionId });
  const refused = (thrown: unknown): boolean => hasCode(thrown, 'TOO_MANY_SESSIONS');
  await assert.rejects(run(sessions, 'x = 1', { sessionId: 'e' }), refused);
  await assert.rejects(run(sessions, 'x = 1', { sessionId: '' }), refused);
  await run(sessions, 'import os; os._exit(0)', { sessionId: 'a' });
  assert.equal((await run(sessions, 'x = 1', { sessionId: 'e' })).error, undefined);
});

test('an execution without a session leaves nothing behind', needsPython, async (t) => {
  const sessions = await open(t);
  for (let n = 0; n < 6; n++) {
    const { values } = await run(sessions, 'fresh = "x" not in dir()\nx = 1', { sessionId: '' });
    assert.deepEqual(values, { fresh: true, x: 1 });
  }
});

test('a retry runs the last code with lines replaced, in the state that the session has', needsPython, async (t) => {
  const sessions = await open(t);
  const { error } = await run(sessions, 'n = globals().get("n", 0) + 1\nm = 1 / 0', { files: [Buffer.from('kept')] });
  assert.match(error ?? '', /ZeroDivisionError/);
  const wrong = [{ lineNumber: 2, oldLine: 'm = 1 / 1', newLine: '' }];
  const refused = sessions.retry({ sessionId: 's', edits: wrong, signal }, () => undefined);
  await assert.rejects(
    refused,
    (thrown) => hasCode(thrown, 'INVALID_PARAMS') && /line 2 holds "m = 1 \/ 0"/.test(thrown.message),
  );
  const edits = [{ lineNumber: 2, oldLine: 'm = 1 / 0', newLine: 'm = open(files[0]).read()' }];
  const outcome = await sessions.retry({ sessionId: 's', edits, signal }, () => undefined);
  assert.deepEqual(unpack(outcome.results), { n: 2, m: 'kept' });
  const unknown = sessions.retry({ sessionId: 'x', edits, signal }, () => undefined);
  await assert.rejects(unknown, (thrown) => hasCode(thrown, 'NOT_FOUND'));
});

test('a reader that takes its time holds the code up, and misses nothing', needsPython, async (t) => {
  const sessions = await open(t);
  let bytes = 0;
  let held = 0;
  const outcome = await sessions.execute(createExecution('for _ in range(3000): print("x" * 999)'), ({ data }) => {
    bytes += data.byteLength;
    if (bytes < 2_000_000 || held > 0) return undefined;
    held++;
    return new Promise((resolve) => setTimeout(resolve, 700));
  });
  assert.equal(outcome.error, undefined);
  assert.equal(bytes, 3_000_000);
  assert.ok(outcome.timeMs >= 500, `${outcome.timeMs} ms`);
});

test('a stop ends what runs, and nothing begins any more', needsPython, async (t) => {
  const sessions = await open(t);
  let stopped: Promise<void> | undefined;
  const outcome = await sessions.execute(createExecution('progress()\nwhile True: pass'), () => {
    stopped = sessions.stop('the node stops');
    return undefined;
  });
  assert.match(outcome.error ?? '', /the node stops/);
  await stopped;
  await assert.rejects(run(sessions, 'x = 1'), (thrown) => hasCode(thrown, 'UNAVAILABLE'));
});

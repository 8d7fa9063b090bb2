import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { HandlerSpec, WorkerFrame } from '../../src/runtime/worker-protocol/frames.ts';
import { hostCases } from './cases.ts';
import { type CallRecord, type HostKind, HostProcess } from './host-process.ts';

const timeout = 60_000;
const skillNames = [
  ...new Set(hostCases.map(({ skill }) => skill)),
  ...['streamWithGates', 'tells', 'asks', 'floods', 'waitsForCancel', 'asksForEver', 'streamsForEver', 'meets'],
  ...['meetsInThreads', 'prints', 'isTooBig', 'crashes', 'returnsWhatIsNotJson'],
];
const onlyPython = ['reportsAsync', 'exits', 'exitsAsync'];
const pythonTwins = ['streamWithGatesInThread', 'asksAsync', 'floodsAsync'];
const pythonCancels = ['waitsForCancelAsync', 'asksForEverAsync', 'streamsForEverInThread'];

function skillsOf(kind: HostKind): Record<string, HandlerSpec> {
  const names =
    kind === 'python'
      ? [...skillNames, ...pythonTwins, ...pythonCancels]
      : [...skillNames.filter((name) => !onlyPython.includes(name)), 'rejectsBesides'];
  return Object.fromEntries(names.map((name) => [name, { adapter: 'function', module: 'agent', name } as const]));
}

async function start(kind: HostKind, more: { maxFrameBytes?: number } = {}): Promise<HostProcess> {
  const host = new HostProcess(kind);
  host.init(skillsOf(kind), more);
  await host.waitFor(({ type }) => type === 'ready');
  return host;
}

const isEventOf =
  (call: string, kind: string) =>
  (frame: WorkerFrame): boolean =>
    frame.type === 'event' && frame.call === call && frame.event.kind === kind;

/** On a slow machine a stream may be closed by an empty chunk instead of its last item: the same to whoever reads it. */
function foldEndOfStream(events: CallRecord['events']): readonly unknown[] {
  const last = events.at(-1);
  if (last === undefined || last.kind !== 'artifact' || last.parts.length > 0) return events;
  return [...events.slice(0, -2), { ...events.at(-2), lastChunk: true }];
}

for (const kind of ['node', 'python'] as const) {
  const both = (name: string, ...twins: string[]): string[] => (kind === 'python' ? [name, ...twins] : [name]);

  suite(`the ${kind} host`, { timeout }, () => {
    let host: HostProcess;
    let calls = 0;
    before(async () => {
      host = await start(kind);
    });
    after(() => host.kill());

    const nextCall = (): string => {
      calls += 1;
      return `call-${calls}`;
    };

    test('is ready with the skills it has loaded', async () => {
      const ready = await host.waitFor(({ type }) => type === 'ready');
      assert.deepEqual(ready, { type: 'ready', protocol: 1, skills: Object.keys(skillsOf(kind)) });
    });

    for (const { title, skill, parts = [], files = [], last, events, only } of hostCases) {
      if (only !== undefined && only !== kind) continue;
      test(title, async () => {
        const call = nextCall();
        host.invoke({ call, skill, parts, files });
        const record = await host.record(call);
        assert.deepEqual(record.last, last);
        if (events !== undefined) assert.deepEqual(foldEndOfStream(record.events), events);
      });
    }

    test('an answer that is not JSON fails the call', async () => {
      const call = nextCall();
      host.invoke({ call, skill: 'returnsWhatIsNotJson' });
      const { last } = await host.record(call);
      assert.equal(last['code'], 'AGENT_ERROR');
      assert.match(String(last['message']), /JSON/);
    });

    test('an unknown skill is refused with the list of those that are there', async () => {
      const call = nextCall();
      host.invoke({ call, skill: 'nonsense' });
      const { last } = await host.record(call);
      assert.equal(last['code'], 'SKILL_NOT_FOUND');
      assert.match(String(last['message']), /"nonsense".*echo/);
    });

    test('the context tells task, caller, deadline and trace', async () => {
      const call = nextCall();
      const task = { id: 't', contextId: 'ctx', messageId: 'm', metadata: { a: 1 } };
      host.invoke({
        call,
        skill: 'tells',
        parts: [{ text: 'x' }],
        more: { task, deadlineAtMs: 5000, traceparent: '00-a' },
      });
      const { last } = await host.record(call);
      const caller = { id: 'operator', roles: ['operator'], path: ['first'] };
      const data = {
        invocationId: call,
        task,
        caller,
        deadline: 5000,
        correlationId: 'corr',
        traceparent: '00-a',
        parts: 1,
      };
      assert.deepEqual(last['parts'], [{ data }]);
    });

    for (const skill of both('asks', 'asksAsync')) {
      test(`${skill}: questions wait for their answers`, async () => {
        const call = nextCall();
        host.invoke({ call, skill });
        await host.waitFor(isEventOf(call, 'ask'));
        host.send({ type: 'answer', call, messageId: 'm1', parts: [{ text: 'that one' }] });
        await host.waitFor(
          (frame) =>
            frame.type === 'event' &&
            frame.call === call &&
            frame.event.kind === 'ask' &&
            frame.event.state === 'auth-required',
        );
        host.send({ type: 'answer', call, messageId: 'm2', parts: [{ data: { ok: true } }, { bytes: 2 }] }, [
          Buffer.from('ab'),
        ]);
        const { last, events } = await host.record(call);
        assert.deepEqual(last['parts'], [{ data: { first: 'that one', id: 'm1', second: { ok: true }, files: [2] } }]);
        assert.deepEqual(events, [
          { kind: 'ask', state: 'input-required', parts: [{ text: 'which?' }] },
          { kind: 'ask', state: 'auth-required', parts: [{ text: 'sure?' }] },
        ]);
      });

      test(`${skill}: answers recorded before a crash are taken without asking again`, async () => {
        const call = nextCall();
        host.inOneTurn(() => {
          host.invoke({ call, skill });
          host.send({ type: 'answer', call, messageId: 'm1', parts: [{ text: 'that one' }] });
          host.send({ type: 'answer', call, messageId: 'm2', parts: [{ data: 1 }] });
        });
        const { last, events } = await host.record(call);
        assert.deepEqual(last['parts'], [{ data: { first: 'that one', id: 'm1', second: 1, files: [] } }]);
        assert.deepEqual(events, []);
      });
    }

    for (const skill of both('streamWithGates', 'streamWithGatesInThread')) {
      test(`${skill}: an item is not held back until the next one, and a late end closes the artifact`, async () => {
        const call = nextCall();
        host.invoke({ call, skill });
        await host.waitFor(isEventOf(call, 'artifact'));
        host.send({ type: 'answer', call, messageId: 'm1', parts: [{ text: 'second' }] });
        await host.waitFor(
          (frame) =>
            frame.type === 'event' && frame.call === call && frame.event.kind === 'artifact' && frame.event.append,
        );
        host.send({ type: 'answer', call, messageId: 'm2', parts: [] });
        const { events } = await host.record(call);
        const chunks = events
          .filter(({ kind: of }) => of === 'artifact')
          .map((event) => ({ ...event }) as Record<string, unknown>);
        assert.deepEqual(
          chunks.map(({ append, lastChunk, parts }) => [append, lastChunk, parts]),
          [
            [false, false, [{ text: 'first' }]],
            [true, false, [{ text: 'second' }]],
            [true, true, []],
          ],
        );
      });
    }

    for (const skill of both('floods', 'floodsAsync')) {
      test(`${skill}: without credit events wait, with credit they go on, and the result comes last`, async () => {
        const call = nextCall();
        host.invoke({ call, skill, parts: [{ data: { count: 50, size: 1000 } }], credit: 3000 });
        await host.waitFor(isEventOf(call, 'status'));
        host.send({ type: 'ping', id: calls });
        await host.waitFor((frame) => frame.type === 'pong' && frame.id === calls);
        host.invoke({ call: `${call}-other`, skill: 'one', parts: [{ text: 'a' }] });
        await host.record(`${call}-other`);
        const sent = host.frames.filter(({ frame }) => isEventOf(call, 'status')(frame)).length;
        assert.ok(sent >= 1 && sent <= 3, `${sent} events of 1 kB came on a credit of 3 kB`);
        host.send({ type: 'credit', call, bytes: 100_000 });
        const { events, last } = await host.record(call);
        assert.equal(events.length, 50);
        assert.deepEqual(last['parts'], [{ data: { sent: 50 } }]);
      });
    }

    test('an event longer than the whole credit still gets through', async () => {
      const call = nextCall();
      host.invoke({ call, skill: 'floods', parts: [{ data: { count: 1, size: 9000 } }], credit: 10 });
      const { events } = await host.record(call);
      assert.equal(events.length, 1);
    });

    for (const skill of both('waitsForCancel', 'waitsForCancelAsync')) {
      test(`${skill}: a cancelled call ends as CANCELED, and nothing that comes later counts`, async () => {
        const call = nextCall();
        host.invoke({ call, skill });
        await host.waitFor(isEventOf(call, 'status'));
        host.send({ type: 'cancel', call, code: 'DEADLINE_EXCEEDED', message: 'too late' });
        const { events, last } = await host.record(call);
        assert.deepEqual(last, { type: 'error', code: 'CANCELED', message: 'too late' });
        assert.equal(events.length, 1);
      });
    }

    for (const skill of both('asksForEver', 'asksForEverAsync')) {
      test(`${skill}: cancel ends a question`, async () => {
        const call = nextCall();
        host.invoke({ call, skill });
        await host.waitFor(isEventOf(call, 'ask'));
        host.send({ type: 'cancel', call, code: 'CANCELED', message: 'never mind' });
        assert.equal((await host.record(call)).last['code'], 'CANCELED');
      });
    }

    for (const skill of both('streamsForEver', 'streamsForEverInThread')) {
      test(`${skill}: cancel ends a stream, even one without credit, and closes its generator`, async () => {
        const call = nextCall();
        host.invoke({ call, skill, credit: 400 });
        await host.waitFor(isEventOf(call, 'artifact'));
        host.send({ type: 'cancel', call, code: 'CANCELED', message: 'never mind' });
        assert.equal((await host.record(call)).last['code'], 'CANCELED');
        await host.waitFor(
          (frame) => frame.type === 'log' && frame.call === call && frame.message.includes('stream was closed'),
        );
      });
    }

    test('a call that is cancelled before it begins ends as CANCELED', async () => {
      const call = nextCall();
      host.inOneTurn(() => {
        host.invoke({ call, skill: 'asksForEver' });
        host.send({ type: 'cancel', call, code: 'CANCELED', message: 'never mind' });
      });
      assert.equal((await host.record(call)).last['code'], 'CANCELED');
    });

    for (const skill of ['meets', 'meetsInThreads']) {
      test(`${skill}: calls run at the same time`, async () => {
        const ids = [nextCall(), nextCall(), nextCall()];
        for (const call of ids) host.invoke({ call, skill, parts: [{ data: { count: 3 } }] });
        for (const call of ids) assert.deepEqual((await host.record(call)).last['parts'], [{ text: 'met' }]);
      });
    }

    test('a log line carries its level and its call', async () => {
      const call = nextCall();
      host.invoke({ call, skill: 'reports' });
      const line = await host.waitFor((frame) => frame.type === 'log' && frame.call === call);
      assert.deepEqual(line, { type: 'log', level: 'info', message: 'at 1', call });
    });

    test('what a handler throws leaves its trace in the log', async () => {
      const call = nextCall();
      host.invoke({ call, skill: 'throws', parts: [{ text: 'boom' }] });
      const line = await host.waitFor((frame) => frame.type === 'log' && frame.call === call);
      assert.ok(line.type === 'log' && line.level === 'error');
      assert.match(line.message, /boom[\s\S]*agent\.js|agent\.py[\s\S]*boom/);
    });

    test('an endless error message is cut instead of breaking the protocol', async () => {
      const call = nextCall();
      host.invoke({ call, skill: 'throws', parts: [{ text: 'x'.repeat(3_000_000) }] });
      const { last } = await host.record(call);
      assert.equal(last['code'], 'AGENT_ERROR');
      assert.ok(String(last['message']).length < 70_000);
    });

    test('frames for calls that are over are ignored', async () => {
      host.send({ type: 'cancel', call: 'gone', code: 'CANCELED', message: 'x' });
      host.send({ type: 'credit', call: 'gone', bytes: 1 });
      host.send({ type: 'answer', call: 'gone', messageId: 'm', parts: [] });
      host.send({ type: 'ping', id: 4711 });
      await host.waitFor((frame) => frame.type === 'pong' && frame.id === 4711);
    });
  });

  suite(`the ${kind} host, from start to end`, { timeout }, () => {
    test('what an agent prints comes out of stdout, line by line', async () => {
      const host = await start(kind);
      host.invoke({ skill: 'prints' });
      await host.record();
      host.socket.destroy();
      assert.equal(await host.stdout, 'printed\n');
    });

    if (kind === 'node') {
      test('a rejection besides a call is logged for that call, and the process goes on', async () => {
        const host = await start(kind);
        host.invoke({ skill: 'rejectsBesides' });
        const line = await host.waitFor(({ type }) => type === 'log');
        assert.ok(line.type === 'log' && line.call === 'c1');
        assert.match(line.message, /nobody catches me/);
        host.invoke({ call: 'c2', skill: 'one', parts: [{ text: 'a' }] });
        assert.equal((await host.record('c2')).last.type, 'result');
        await host.kill();
      });
    }

    test('drain lets calls end, then the process', async () => {
      const host = await start(kind);
      host.invoke({ skill: 'asks' });
      await host.waitFor(isEventOf('c1', 'ask'));
      host.send({ type: 'drain' });
      host.send({ type: 'answer', call: 'c1', messageId: 'm1', parts: [{ text: 'a' }] });
      host.send({ type: 'answer', call: 'c1', messageId: 'm2', parts: [{ data: 1 }] });
      assert.equal((await host.record()).last.type, 'result');
      assert.equal(await host.exited, 0);
    });

    test('the process ends when the node is gone, even with calls in it', async () => {
      const host = await start(kind);
      host.invoke({ skill: 'waitsForCancel' });
      await host.waitFor(isEventOf('c1', 'status'));
      host.socket.destroy();
      assert.equal(await host.exited, 0);
    });

    test('garbage on the socket ends the process with a reason', async () => {
      const host = await start(kind);
      host.socket.write(Buffer.from([0, 0, 0, 6, 0, 0, 0, 2, 0x7b, 0x7b]));
      assert.equal(await host.exited, 1);
      assert.match(await host.stderr, /not a frame/);
    });

    test('impossible lengths on the socket end the process', async () => {
      const host = await start(kind);
      host.socket.write(Buffer.from([0, 0, 0, 6, 0, 0, 0, 200, 1, 2]));
      assert.equal(await host.exited, 1);
    });

    test('an answer over the limit fails its call and leaves the others alone', async () => {
      const host = await start(kind, { maxFrameBytes: 1_000_000 });
      host.invoke({ skill: 'isTooBig' });
      const { last } = await host.record();
      assert.equal(last['code'], 'AGENT_ERROR');
      assert.match(String(last['message']), /over the limit of 1000000/);
      host.invoke({ call: 'c2', skill: 'one', parts: [{ text: 'a' }] });
      assert.deepEqual((await host.record('c2')).last['parts'], [{ text: 'A' }]);
      await host.kill();
    });

    test('a crash ends the process with the reason on stderr', async () => {
      const host = await start(kind);
      host.invoke({ skill: 'crashes' });
      assert.equal(await host.exited, 1);
      assert.match(await host.stderr, /out of the blue/);
    });

    const loadErrors: readonly (readonly [string, HandlerSpec, RegExp])[] = [
      ['a module that is not there', { adapter: 'function', module: 'nowhere', name: 'x' }, /skill "s".*"nowhere"/],
      [
        'a module that cannot be imported',
        { adapter: 'function', module: 'broken', name: 'x' },
        /"broken" cannot be imported: .*a.module.that.is.not.there/,
      ],
      [
        'a function that is not there',
        { adapter: 'function', module: 'agent', name: 'absent' },
        /no function "absent"; it (has|exports) .*echo/,
      ],
    ];
    for (const [what, handler, pattern] of loadErrors) {
      test(`${what} is a load-error that says so, and the process ends`, async () => {
        const host = new HostProcess(kind);
        host.init({ s: handler });
        const error = await host.waitFor(({ type }) => type === 'load-error');
        assert.ok(error.type === 'load-error');
        assert.match(error.message, pattern);
        assert.ok(error.trace !== undefined && error.trace.length > 0);
        assert.equal(await host.exited, 1);
      });
    }

    test('another version of the protocol is a load-error', async () => {
      const host = new HostProcess(kind);
      host.init({}, { protocol: 2 });
      const error = await host.waitFor(({ type }) => type === 'load-error');
      assert.ok(error.type === 'load-error');
      assert.match(error.message, /version 1 .* version 2/);
      await host.exited;
    });
  });
}

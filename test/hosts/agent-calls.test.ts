import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import type { HandlerSpec } from '../../src/runtime/worker-protocol/frames.ts';
import { HostProcess } from './host-process.ts';

/** What these tests look at of a send. */
interface SentBody {
  readonly message: { readonly parts: readonly unknown[]; readonly metadata?: unknown };
}

interface Seen {
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: SentBody;
}

/** A node that knows a few agents by name. */
class FakeNode {
  readonly seen: Seen[] = [];
  /** Resolves when the agent `silent` is called, and then when that caller hangs up. */
  readonly silent = Promise.withResolvers<void>();
  readonly hungUp = Promise.withResolvers<void>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url;
    this.seen.push({ path, headers: request.headers, body: (await json(request)) as SentBody });
    const agent = path?.split('/')[2] ?? '';
    if (agent === 'silent') {
      response.on('close', () => this.hungUp.resolve());
      this.silent.resolve();
      return;
    }
    const [status, body] = answers[agent] ?? [404, {}];
    response.writeHead(status, { 'content-type': 'application/a2a+json' });
    response.end(JSON.stringify(body));
    if (agent === 'closing') response.on('finish', () => request.socket.destroy());
  }
}

const good = { task: { id: 't', contextId: 'c', status: { state: 'TASK_STATE_COMPLETED' }, artifacts: [] } };
const answers: Readonly<Record<string, readonly [number, unknown]>> = {
  analyst: [
    200,
    {
      task: {
        ...good.task,
        artifacts: [
          { artifactId: 'a', parts: [{ text: 'mean 2' }, { data: { mean: 2 } }] },
          { artifactId: 'b', parts: [{ raw: 'PHN2Zy8+', filename: 'p.svg', mediaType: 'image/svg+xml' }] },
        ],
      },
    },
  ],
  talker: [200, { message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hi' }] } }],
  asker: [
    200,
    {
      task: {
        ...good.task,
        status: { state: 'TASK_STATE_INPUT_REQUIRED', message: { messageId: 'm', parts: [{ text: 'which?' }] } },
      },
    },
  ],
  failing: [
    200,
    {
      task: {
        ...good.task,
        status: {
          state: 'TASK_STATE_FAILED',
          message: { messageId: 'm', parts: [{ text: 'no rows' }], metadata: { code: 'WORKER_LOST' } },
        },
      },
    },
  ],
  refused: [
    404,
    { error: { code: 404, status: 'NOT_FOUND', message: 'no agent', details: [{ reason: 'AGENT_NOT_FOUND' }] } },
  ],
  closing: [200, good],
};

for (const kind of ['node', 'python'] as const) {
  suite(`calls between agents from the ${kind} host`, { timeout: 60_000 }, () => {
    const node = new FakeNode();
    let host: HostProcess;
    let count = 0;

    before(async () => {
      host = new HostProcess(kind, { PARLEY_URL: await node.open(), PARLEY_TOKEN: 'worker-token' });
      const names = ['calls', 'callsFromThread', 'callFails'];
      const skills = names.map((name): [string, HandlerSpec] => [name, { adapter: 'function', module: 'agent', name }]);
      host.init(Object.fromEntries(skills));
      await host.waitFor(({ type }) => type === 'ready');
    });
    after(async () => {
      await host.kill();
      node.close();
    });

    const invoke = (skill: string, agent: string, more: Readonly<Record<string, unknown>> = {}): string => {
      count += 1;
      host.invoke({ call: `call-${count}`, skill, parts: [{ data: { agent, input: 'x', ...more } as never }] });
      return `call-${count}`;
    };
    const result = async (call: string): Promise<unknown> => (await host.record(call)).last['parts'];

    for (const skill of ['calls', 'callsFromThread']) {
      test(`${skill}: sends A2A 1.0 with the chain's credentials and gives back text, data and files`, async () => {
        const input = { text: 'look', files: [{ name: 'a.csv', type: 'text/csv', bytes: 'a,b' }] };
        const call = invoke(skill, 'analyst', { input, options: { skill: 'describe' } });
        assert.deepEqual(await result(call), [
          { data: { state: 'completed', text: 'mean 2', data: { mean: 2 }, files: [['p.svg', 6]], artifacts: 2 } },
        ]);
        const { path, headers, body } = node.seen.at(-1) as Seen;
        assert.equal(path, '/a2a/analyst/message:send');
        assert.equal(headers['a2a-version'], '1.0');
        assert.equal(headers['authorization'], 'Bearer worker-token');
        assert.equal(headers['parley-call-token'], 'token');
        assert.equal(headers['idempotency-key'], `${call}:1`);
        assert.equal(headers['x-correlation-id'], 'corr');
        assert.deepEqual(body, {
          message: {
            messageId: `${call}:1`,
            role: 'ROLE_USER',
            parts: [{ text: 'look' }, { raw: 'YSxi', filename: 'a.csv', mediaType: 'text/csv' }],
            metadata: { skill: 'describe' },
          },
          configuration: { returnImmediately: false },
        });
      });
    }

    test('arguments go as data', async () => {
      await result(invoke('calls', 'analyst', { input: { a: 1 } }));
      assert.deepEqual(node.seen.at(-1)?.body.message.parts, [{ data: { a: 1 } }]);
    });

    test('a message is an answer, too', async () => {
      const data = { state: 'completed', text: 'hi', files: [], artifacts: 0 };
      assert.deepEqual(await result(invoke('calls', 'talker')), [{ data }]);
    });

    test('an agent that asks back shows its question', async () => {
      const data = { state: 'input-required', text: 'which?', files: [], artifacts: 0 };
      assert.deepEqual(await result(invoke('calls', 'asker')), [{ data }]);
    });

    test('a failed task is thrown with its code and message', async () => {
      assert.deepEqual(await result(invoke('callFails', 'failing')), [
        { data: { code: 'WORKER_LOST', message: 'no rows' } },
      ]);
    });

    test('a refused call is thrown with its code and message', async () => {
      assert.deepEqual(await result(invoke('callFails', 'refused')), [
        { data: { code: 'AGENT_NOT_FOUND', message: 'no agent' } },
      ]);
    });

    test('a connection that the node has closed is replaced', async () => {
      for (let round = 0; round < 5; round += 1) {
        const data = { state: 'completed', files: [], artifacts: 0 };
        assert.deepEqual(await result(invoke('calls', 'closing')), [{ data }]);
      }
    });

    test('cancel hangs up', async () => {
      const call = invoke('callsFromThread', 'silent');
      await node.silent.promise;
      host.send({ type: 'cancel', call, code: 'CANCELED', message: 'never mind' });
      assert.equal((await host.record(call)).last['code'], 'CANCELED');
      await node.hungUp.promise;
    });
  });
}

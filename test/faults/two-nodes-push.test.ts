import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import { send, taskOf } from './a2a-calls.ts';
import { createFabric, deployOn, untilNoted } from './two-nodes.ts';

const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
const options = { ...requires('redis'), timeout: 90_000 };

test(
  'webhooks set on either node are told each once, and by the other node when theirs is killed',
  options,
  async (t) => {
    const fabric = await createFabric(t);
    const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
    await deployOn(fabric.agents.again, a, b);
    const listener = await listen(t);
    const message = { skill: 'work', data: { gate: fabric.gate('go') }, returnImmediately: true };
    const id = taskOf(await send(`${a.url}/a2a/again`, message))?.id ?? '';
    await untilNoted(fabric, 'begin', id);
    for (const [node, name] of [
      [a, 'first'],
      [b, 'second'],
    ] as const) {
      const body = JSON.stringify({ id: name, url: `${listener.url}/${name}` });
      const kept = await fetch(`${node.url}/a2a/again/tasks/${id}/pushNotificationConfigs`, {
        ...{ method: 'POST', headers, body },
      });
      assert.equal(kept.status, 200, await kept.text());
    }
    for (const node of [a, b]) {
      const listed = await fetch(`${node.url}/a2a/again/tasks/${id}/pushNotificationConfigs`, { headers });
      const { configs } = (await listed.json()) as { configs: { id: string }[] };
      assert.deepEqual(configs.map((config) => config.id).sort(), ['first', 'second']);
    }
    await a.kill();
    fabric.open('go');
    for (const path of ['/first', '/second']) {
      const told = (): number => listener.ended(path);
      await waitUntil(`${path} is told of the end`, () => told() > 0);
      assert.equal(told(), 1);
    }
  },
);

interface Listener {
  readonly url: string;
  /** How often the path was told that the task is completed. */
  ended(path: string): number;
}

async function listen(t: TestContext): Promise<Listener> {
  const told: { readonly path: string; readonly body: string }[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    told.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString() });
    response.writeHead(204).end();
  };
  const server = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ended: (path) => told.filter((one) => one.path === path && one.body.includes('TASK_STATE_COMPLETED')).length,
  };
}

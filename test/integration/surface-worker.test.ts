import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { DeploymentView } from '../../src/control/index.ts';
import { deployHealthy, fixtureAgent, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Shop {
  readonly node: TestNode;
  readonly deployment: DeploymentView;
  /** Below the front door, and on its own port. */
  readonly urls: readonly [string, string];
}

async function openShop(context: TestContext): Promise<Shop> {
  const node = await startTestNode();
  context.after(() => node.close());
  const deployment = await deployHealthy(node, { source: { kind: 'folder', path: fixtureAgent('shop') } });
  const ownUrl = `http://127.0.0.1:${deployment.ports?.http}`;
  await waitUntil('the port is open', () =>
    fetch(`${ownUrl}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return { node, deployment, urls: [`${node.url}/agents/shop`, ownUrl] };
}

const textOf = async (url: string, init?: RequestInit): Promise<string> => (await fetch(url, init)).text();

test('a package’s routes, page and web sockets are where they should be, and it knows who calls', async (context) => {
  const { node, urls } = await openShop(context);
  for (const url of urls) {
    assert.equal(await textOf(`${url}/api/whoami`), 'anonymous');
    assert.equal(await textOf(`${url}/api/whoami`, { headers: { authorization: `Bearer ${node.token}` } }), 'operator');
    assert.match(await textOf(`${url}/orders/7`, { headers: { accept: 'text/html' } }), /<title>Shop/);
    const health = (await (await fetch(`${url}/health`)).json()) as { surfaces: object };
    assert.deepEqual(health.surfaces, { rest: true, a2a: true, ui: true });
    const client = new WebSocket(`${url.replace('http', 'ws')}/live`);
    const [{ data }] = (await once(client, 'message')) as [MessageEvent];
    assert.equal(data, 'hello');
    client.close();
    await once(client, 'close');
  }
});

test('requests to a package are counted while they last, and its port stays when its worker is another', async (context) => {
  const { node, deployment, urls } = await openShop(context);
  const [, ownUrl] = urls;
  const inFlight = async (): Promise<number> => (await node.client.deployments.get(deployment.id)).inFlight;
  const leaves = new AbortController();
  const hanging = await fetch(`${ownUrl}/api/hang`, { signal: leaves.signal });
  assert.equal(await inFlight(), 1);
  leaves.abort();
  await assert.rejects(hanging.text());
  await waitUntil('it is counted no more', async () => (await inFlight()) === 0);
  const pid = Number(await textOf(`${ownUrl}/api/pid`));
  process.kill(pid, 'SIGKILL');
  await waitUntil('another worker answers on the same port', async () => {
    const response = await fetch(`${ownUrl}/api/pid`);
    const text = await response.text();
    // Until it is there the caller is told to come back.
    assert.ok(response.ok || response.status === 503 || response.status === 502, String(response.status));
    return response.ok && Number(text) !== pid;
  });
});

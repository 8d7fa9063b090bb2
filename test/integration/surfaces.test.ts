import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request as sendRequest } from 'node:http';
import { buffer, json } from 'node:stream/consumers';
import { test } from 'node:test';
import { openSurfaceDoor } from '../support/surface-door.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What a package's route has seen of a request. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function echo(request: IncomingMessage): Promise<string> {
  const { method, url, headers } = request;
  return JSON.stringify({ method, url, headers, body: (await buffer(request)).toString() });
}

/** Sends with the headers exactly as given, and resolves with the answer's head. */
function open(
  url: string,
  method = 'GET',
  headers: Record<string, string> = {},
): [ClientRequest, Promise<IncomingMessage>] {
  const request = sendRequest(url, { method, headers, agent: false });
  const answered = once(request, 'response').then(([response]) => response as IncomingMessage);
  answered.catch(() => {});
  return [request, answered];
}

for (const where of ['url', 'ownUrl'] as const) {
  const name = where === 'url' ? 'below the front door' : 'on its own port';

  test(`a package's route answers ${name} with all that was asked`, async (context) => {
    const door = await openSurfaceDoor(context, {
      routes: async (request, response) => {
        const body = await echo(request);
        response.writeHead(201, { 'x-made-by': 'shop', 'content-type': 'application/json' }).end(body);
      },
    });
    const response = await fetch(`${door[where]}/api/orders/%C3%A9?a=1&b=%20`, { method: 'PATCH', body: 'new' });
    const seen = (await response.json()) as Seen;
    assert.deepEqual([response.status, response.headers.get('x-made-by')], [201, 'shop']);
    assert.deepEqual([seen.method, seen.url, seen.body], ['PATCH', '/api/orders/%C3%A9?a=1&b=%20', 'new']);
    assert.equal(seen.headers['x-forwarded-prefix'], where === 'url' ? '/agents/shop' : undefined);
    assert.equal(seen.headers['x-forwarded-host'], new URL(door[where]).host);
    assert.equal(seen.headers['x-forwarded-proto'], 'http');
    assert.equal(response.headers.get('x-request-id'), seen.headers['x-request-id']);
    await waitUntil('its place is free', () => door.taken() === 0);
  });

  test(`a stream of events comes as it is made ${name}`, async (context) => {
    const more = Promise.withResolvers<void>();
    const door = await openSurfaceDoor(context, {
      routes: async (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        await more.promise;
        response.write('data: one\n\n');
        response.end('data: two\n\n');
      },
    });
    const response = await fetch(`${door[where]}/events`);
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    more.resolve();
    assert.equal(await response.text(), 'data: one\n\ndata: two\n\n');
  });

  test(`a caller that leaves ends the worker's request ${name}`, async (context) => {
    const left = Promise.withResolvers<void>();
    const door = await openSurfaceDoor(context, {
      routes: (_request, response) => {
        response.once('close', left.resolve);
        response.write('first');
      },
    });
    const [request, answered] = open(`${door[where]}/wait`);
    request.end();
    await answered;
    assert.equal(door.taken(), 1);
    request.destroy();
    await left.promise;
    await waitUntil('its place is free', () => door.taken() === 0);
  });
}

test('a request goes through as it comes, and its answer with it', async (context) => {
  const door = await openSurfaceDoor(context, { routes: (request, response) => void request.pipe(response) });
  const [request, answered] = open(`${door.url}/echo`, 'POST');
  request.write('one');
  const response = await answered;
  assert.equal(String((await once(response, 'data'))[0]), 'one');
  request.end('two');
  assert.equal(String((await once(response, 'data'))[0]), 'two');
});

test('an answer that comes before the whole body was sent leaves the connection fit for the next request', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (request, response) => {
      response.end(request.url);
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.after(() => agent.destroy());
  const send = async (path: string, body: Buffer): Promise<string> => {
    const request = sendRequest(`${door.url}${path}`, { method: 'POST', agent });
    const answered = once(request, 'response');
    request.end(body);
    const [response] = (await answered) as [IncomingMessage];
    return (await buffer(response)).toString();
  };
  assert.equal(await send('/one', Buffer.alloc(20_000_000)), '/one');
  assert.equal(await send('/two', Buffer.alloc(10)), '/two');
});

test('answers without a body keep their head', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, { etag: '"a"', ...(request.method === 'HEAD' && { 'content-length': '7' }) }).end();
    },
  });
  const headOf = async (path: string, method: string): Promise<readonly unknown[]> => {
    const response = await fetch(door.url + path, { method });
    return [
      response.status,
      response.headers.get('etag'),
      response.headers.get('content-length'),
      await response.text(),
    ];
  };
  assert.deepEqual(await headOf('/200', 'HEAD'), [200, '"a"', '7', '']);
  assert.deepEqual(await headOf('/204', 'DELETE'), [204, '"a"', null, '']);
  assert.deepEqual(await headOf('/304', 'GET'), [304, '"a"', null, '']);
});

test('an allowed foreign page may ask what it wants to send', async (context) => {
  const origin = 'https://console.example';
  const door = await openSurfaceDoor(context, {
    routes: (_request, response) => response.writeHead(500).end(),
    gateway: { allowedOrigins: [origin] },
  });
  const headers = { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-mine' };
  const answer = await fetch(`${door.url}/api`, { method: 'OPTIONS', headers });
  assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [204, origin]);
  assert.match(answer.headers.get('access-control-allow-methods') ?? '', /PUT/);
  assert.equal(answer.headers.get('access-control-allow-headers'), 'x-mine');
  const health = await fetch(`${door.url}/health`, { headers: { origin } });
  assert.equal(health.headers.get('access-control-allow-origin'), origin);
});

test('a reader that stops costs no memory: the worker waits', async (context) => {
  const total = 64 * 1024 * 1024;
  let produced = 0;
  const door = await openSurfaceDoor(context, {
    routes: async (_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      for (; produced < total; produced += chunk.length) if (!response.write(chunk)) await once(response, 'drain');
      response.end();
    },
  });
  const [request, answered] = open(`${door.url}/much`);
  request.end();
  const response = await answered;
  let before = -1;
  // It stands still when a whole exchange with the same node has not moved it.
  await waitUntil('the worker stands still', async () => {
    const stands = produced === before;
    before = produced;
    await fetch(`${door.gateway.url}/health`);
    return stands && produced > 0;
  });
  assert.ok(produced < total / 2, `${produced} bytes were made for a reader that reads none`);
  assert.equal((await buffer(response)).length, total);
});

test('credentials and what only the node may say never reach a package', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: async (request, response) => void response.end(await echo(request)),
  });
  const [request, answered] = open(`${door.url}/api`, 'GET', {
    authorization: `Bearer ${door.operatorToken}`,
    cookie: 'session=1',
    'x-deployment-id': 'other',
    'x-parley-caller': 'forged',
    x_parley_caller: 'forged',
    'parley-call-token': 'forged',
    'x-forwarded-for': '10.0.0.1',
    'x-forwarded-user': 'root',
    forwarded: 'for=10.0.0.1',
    te: 'trailers',
    connection: 'x-hop',
    'x-hop': '1',
    'x-mine': 'kept',
  });
  request.end();
  const { headers } = (await json(await answered)) as Seen;
  for (const name of [
    'authorization',
    'cookie',
    'x-deployment-id',
    'x_parley_caller',
    'parley-call-token',
    'forwarded',
  ]) {
    assert.equal(headers[name], undefined, name);
  }
  for (const name of ['x-forwarded-user', 'te', 'x-hop']) assert.equal(headers[name], undefined, name);
  assert.deepEqual([headers['x-mine'], headers['x-forwarded-for']], ['kept', '127.0.0.1']);
  const claims = JSON.parse(Buffer.from(headers['x-parley-caller']?.split('.')[1] ?? '', 'base64url').toString());
  assert.deepEqual([claims.sub, claims.aud, claims.iss], ['operator', 'shop-1', 'parley']);
});

test('a credential that is none is refused, and the package does not hear of it', async (context) => {
  let calls = 0;
  const door = await openSurfaceDoor(context, { routes: (_request, response) => void response.end(`${calls++}`) });
  const response = await fetch(`${door.url}/api`, { headers: { authorization: 'Bearer nonsense' } });
  assert.deepEqual([response.status, calls], [401, 0]);
});

test('below the front door an answer is in a sandbox and sets nothing for the origin; on its own port it may', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (_request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('content-security-policy', "default-src 'self'");
      response.setHeader('clear-site-data', '"cookies"');
      response.end('<p>hello');
    },
  });
  const shared = await fetch(`${door.url}/`);
  assert.equal(shared.headers.get('content-security-policy'), "sandbox allow-scripts allow-forms, default-src 'self'");
  assert.deepEqual([shared.headers.getSetCookie(), shared.headers.get('clear-site-data')], [[], null]);
  const own = await fetch(`${door.ownUrl}/`);
  assert.equal(own.headers.get('content-security-policy'), "default-src 'self'");
  assert.deepEqual(own.headers.getSetCookie(), ['a=1', 'b=2']);
});

test('a redirect to a path of the package stays below its prefix', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (request, response) => {
      const location = new URL(request.url ?? '', 'http://x').searchParams.get('to') ?? '';
      response.writeHead(307, { location }).end();
    },
  });
  const locationFor = async (to: string): Promise<string | null> =>
    (await fetch(`${door.url}/go?to=${encodeURIComponent(to)}`, { redirect: 'manual' })).headers.get('location');
  const { host } = new URL(door.url);
  assert.equal(await locationFor('/orders/'), '/agents/shop/orders/');
  assert.equal(await locationFor(`http://${host}/orders/`), '/agents/shop/orders/');
  assert.equal(await locationFor('/agents/shop/orders'), '/agents/shop/orders');
  assert.equal(await locationFor('//other.example/x'), '//other.example/x');
  assert.equal(await locationFor('https://other.example/x'), 'https://other.example/x');
});

test('who is not there is 404; who cannot answer now is 503 with when to come back, or 504', async (context) => {
  const door = await openSurfaceDoor(context, { routes: () => {}, headTimeoutMs: 200 });
  const statusOf = async (path: string): Promise<readonly [number, string | null]> => {
    const response = await fetch(`${door.gateway.url}/agents/${path}`);
    const { error } = (await response.json()) as { error: { code: string } };
    assert.ok(error.code);
    return [response.status, response.headers.get('retry-after')];
  };
  assert.deepEqual(await statusOf('nobody/api'), [404, null]);
  assert.deepEqual(await statusOf('%00/api'), [404, null]);
  assert.deepEqual(await statusOf('shop/api'), [504, null]);
  door.announce({ status: 'starting', reason: 'loading the package' });
  assert.deepEqual(await statusOf('shop/api'), [503, '1']);
  door.announce({ status: 'disabled' });
  assert.deepEqual(await statusOf('shop/api'), [503, null]);
  door.announce({}, { rest: { take: () => undefined } });
  assert.deepEqual(await statusOf('shop/api'), [503, '1']);
  door.announce({}, { rest: { take: () => ({ socketPath: '/nowhere/at.sock', release() {} }) } });
  assert.deepEqual(await statusOf('shop-1/api'), [503, '1']);
  door.announce({}, { rest: undefined });
  assert.deepEqual(await statusOf('shop/api'), [404, null]);
});

test('a worker that breaks off is 502 before its answer, and a cut connection within it', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (request, response) => {
      if (request.url === '/late') response.writeHead(200, { 'content-length': '10' }).write('half');
      setImmediate(() => response.destroy());
    },
  });
  const early = await fetch(`${door.url}/early`, { method: 'POST', body: 'x' });
  assert.equal(early.status, 502);
  await assert.rejects(fetch(`${door.url}/late`).then((response) => response.text()));
  await waitUntil('its place is free', () => door.taken() === 0);
});

for (const sized of [true, false]) {
  test(`a body over the limit is 413, ${sized ? 'as soon as it says so' : 'as soon as it is'}`, async (context) => {
    const door = await openSurfaceDoor(context, {
      routes: async (request, response) => void response.end(await echo(request)),
      gateway: { limits: { surfaceBodyBytes: 100_000 } },
    });
    const headers: Record<string, string> = sized ? { 'content-length': '100001' } : {};
    const [request, answered] = open(`${door.url}/api`, 'POST', headers);
    request.on('error', () => {});
    request.write(Buffer.alloc(sized ? 10 : 100_001));
    const response = await answered;
    assert.equal(response.statusCode, 413);
    assert.match((await buffer(response)).toString(), /PAYLOAD_TOO_LARGE/);
    await waitUntil('its place is free', () => door.taken() === 0);
  });
}

test('more than the allowed number of requests at once is 429', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (_request, response) => void response.write('first'),
    gateway: { limits: { streams: 1 } },
  });
  const [request, answered] = open(`${door.url}/wait`);
  request.end();
  await answered;
  const second = await fetch(`${door.url}/wait`);
  assert.deepEqual([second.status, second.headers.get('retry-after'), door.taken()], [429, '1', 1]);
  request.destroy();
});

test('requests of foreign hosts and pages are refused on every port', async (context) => {
  const door = await openSurfaceDoor(context, {
    routes: (_request, response) => void response.end('ok'),
    gateway: { allowedOrigins: ['https://console.example'] },
  });
  for (const url of [`${door.url}/api`, `${door.ownUrl}/api`]) {
    const statusFor = async (headers: Record<string, string>): Promise<number | undefined> => {
      const [request, answered] = open(url, 'GET', headers);
      request.end();
      const response = await answered;
      response.resume();
      return response.statusCode;
    };
    assert.equal(await statusFor({ host: 'evil.example' }), 403);
    assert.equal(await statusFor({ origin: 'https://evil.example' }), 403);
    assert.equal(await statusFor({ origin: 'null' }), 403);
    assert.equal(await statusFor({ 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal(await statusFor({ origin: new URL(url).origin }), 200);
    const allowed = await fetch(url, { headers: { origin: 'https://console.example' } });
    assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://console.example');
  }
});

test('before the services are there and while the node stops, a package is not reached', async (context) => {
  const door = await openSurfaceDoor(context, { routes: (_request, response) => void response.end('ok') });
  door.gateway.refuse();
  for (const url of [door.url, door.ownUrl]) {
    const response = await fetch(`${url}/api`);
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '1']);
  }
});

test('stopping the node lets a short request end and breaks off a long one', async (context) => {
  const finish = Promise.withResolvers<void>();
  const door = await openSurfaceDoor(context, {
    routes: async (request, response) => {
      response.write('first');
      if (request.url === '/short') await finish.promise;
      if (request.url === '/short') response.end(' and last');
    },
  });
  const [short, long] = await Promise.all([fetch(`${door.ownUrl}/short`), fetch(`${door.url}/long`)]);
  const stopped = door.gateway.stop(AbortSignal.timeout(500));
  finish.resolve();
  assert.equal(await short.text(), 'first and last');
  await assert.rejects(long.text());
  await stopped;
});

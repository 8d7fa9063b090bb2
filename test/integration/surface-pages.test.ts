import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openSurfaceDoor, type SurfaceDoor, type SurfaceDoorOptions } from '../support/surface-door.ts';

const page = {
  'index.html': '<!doctype html><h1>Shop</h1>',
  'assets/app.js': 'console.log(1);',
  'assets/a b.css': 'h1{}',
  'docs/index.html': '<h1>Docs</h1>',
  '.env': 'SECRET=1',
};

/** What `fetch` would send otherwise asks for the file whatever has been kept. */
const asBrowser = { 'cache-control': 'max-age=0' };
const asPerson = { headers: { accept: 'text/html,application/xhtml+xml' } };

function openPage(context: TestContext, options: SurfaceDoorOptions = {}): Promise<SurfaceDoor> {
  return openSurfaceDoor(context, { page, ...options });
}

for (const where of ['url', 'ownUrl'] as const) {
  test(`a page is served with its types ${where === 'url' ? 'below the front door' : 'on its own port'}`, async (context) => {
    const door = await openPage(context);
    const typeOf = async (path: string): Promise<readonly [number, string | null]> => {
      const response = await fetch(door[where] + path);
      await response.arrayBuffer();
      return [response.status, response.headers.get('content-type')];
    };
    assert.deepEqual(await typeOf('/'), [200, 'text/html; charset=utf-8']);
    assert.match((await typeOf('/assets/app.js'))[1] ?? '', /javascript/);
    assert.deepEqual(await typeOf('/assets/a%20b.css'), [200, 'text/css; charset=utf-8']);
    assert.equal(await (await fetch(`${door[where]}/docs/`)).text(), '<h1>Docs</h1>');
    const sandbox = (await fetch(`${door[where]}/`)).headers.get('content-security-policy');
    assert.equal(sandbox, where === 'url' ? 'sandbox allow-scripts allow-forms' : null);
  });
}

test('who has the file is told so, and who wants a part of it gets the part', async (context) => {
  const { url } = await openPage(context);
  const whole = await fetch(`${url}/assets/app.js`);
  const etag = whole.headers.get('etag') ?? '';
  assert.deepEqual([etag !== '', whole.headers.get('cache-control')], [true, 'no-cache']);
  const again = await fetch(`${url}/assets/app.js`, { headers: { ...asBrowser, 'if-none-match': etag } });
  assert.deepEqual([again.status, await again.text()], [304, '']);
  const since = whole.headers.get('last-modified') ?? '';
  assert.equal(
    (await fetch(`${url}/assets/app.js`, { headers: { ...asBrowser, 'if-modified-since': since } })).status,
    304,
  );
  const part = await fetch(`${url}/assets/app.js`, { headers: { range: 'bytes=0-6' } });
  assert.deepEqual([part.status, await part.text()], [206, 'console']);
  const head = await fetch(`${url}/assets/app.js`, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '15', '']);
});

test('without its slash the address leads to the one with it, so that the page finds its files', async (context) => {
  const { url } = await openPage(context);
  const response = await fetch(`${url}?a=1`, { redirect: 'manual' });
  assert.deepEqual([response.status, response.headers.get('location')], [308, '/agents/shop/?a=1']);
});

test('a person who follows a link into the page gets the page; a program gets 404', async (context) => {
  const { url } = await openPage(context);
  const linked = await fetch(`${url}/orders/7`, asPerson);
  assert.deepEqual([linked.status, await linked.text()], [200, page['index.html']]);
  assert.equal((await fetch(`${url}/orders/7`)).status, 404);
  assert.equal((await fetch(`${url}/orders/7`, { ...asPerson, method: 'POST' })).status, 404);
  assert.equal((await fetch(`${url}/api/orders`, asPerson)).status, 404);
});

test('where there are routes, a file goes first, then the routes, and the page for what they do not know', async (context) => {
  const { url } = await openPage(context, {
    routes: (request, response) => {
      if (request.url === '/known') response.end('known');
      else response.writeHead(404).end(`no ${request.url}`);
    },
  });
  const textOf = async (path: string, init?: RequestInit): Promise<readonly [number, string]> => {
    const response = await fetch(url + path, init);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await textOf('/assets/app.js'), [200, page['assets/app.js']]);
  assert.deepEqual(await textOf('/known', asPerson), [200, 'known']);
  assert.deepEqual(await textOf('/orders', asPerson), [200, page['index.html']]);
  assert.deepEqual(await textOf('/orders'), [404, 'no /orders']);
  assert.deepEqual(await textOf('/orders', { ...asPerson, method: 'POST' }), [404, 'no /orders']);
  assert.deepEqual(await textOf('/api/orders', asPerson), [404, 'no /api/orders']);
});

test('no path leads out of the page’s folder, nor to what is hidden in it', async (context) => {
  const door = await openPage(context);
  await writeFile(join(door.folder, 'secret.txt'), 'secret');
  await symlink(join(door.folder, 'secret.txt'), join(door.folder, 'page', 'link.txt'));
  await symlink(door.folder, join(door.folder, 'page', 'out'));
  const paths = [
    '/link.txt',
    '/out/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/%2fetc/passwd',
    '//etc/passwd',
    '/assets%2f..%2f..%2fsecret.txt',
    '/secret.txt%00.html',
    '/.env',
    '/worker.sock',
  ];
  for (const path of paths) {
    for (const url of [door.url, door.ownUrl]) {
      const response = await fetch(url + path);
      assert.doesNotMatch(await response.text(), /secret=?1?$|root:/i, path);
      assert.ok([400, 404].includes(response.status), `${path} is ${response.status}`);
    }
  }
});

test('the page is told where its package’s routes are, unless it says so itself', async (context) => {
  const door = await openPage(context);
  assert.deepEqual(await (await fetch(`${door.url}/ui-config.json`)).json(), { apiBase: '/agents/shop/api' });
  assert.deepEqual(await (await fetch(`${door.ownUrl}/ui-config.json`)).json(), { apiBase: '/api' });
  await writeFile(join(door.folder, 'page', 'ui-config.json'), '{"apiBase":"mine"}');
  assert.deepEqual(await (await fetch(`${door.url}/ui-config.json`)).json(), { apiBase: 'mine' });
});

test('a page with a base is served below it, and its links too', async (context) => {
  const { url } = await openPage(context, { basePath: '/app' });
  const statusOf = async (path: string): Promise<number> => (await fetch(url + path, asPerson)).status;
  assert.equal((await fetch(`${url}/app`, { redirect: 'manual' })).headers.get('location'), '/agents/shop/app/');
  assert.deepEqual(
    await Promise.all(['/app/', '/app/assets/app.js', '/app/orders/7', '/app/ui-config.json'].map(statusOf)),
    [200, 200, 200, 200],
  );
  assert.deepEqual(await Promise.all(['/', '/assets/app.js', '/apple'].map(statusOf)), [404, 404, 404]);
});

test('the sandboxed page, whose origin is none, gets its files but not the routes; no foreign page gets either', async (context) => {
  const { url } = await openPage(context, { routes: (_request, response) => void response.end('ok') });
  const fromSandbox = { headers: { origin: 'null', 'sec-fetch-site': 'cross-site' } };
  const script = await fetch(`${url}/assets/app.js`, fromSandbox);
  assert.deepEqual([script.status, script.headers.get('access-control-allow-origin')], [200, 'null']);
  assert.equal((await fetch(`${url}/api`, fromSandbox)).status, 403);
  const foreign = await fetch(`${url}/assets/app.js`, { headers: { origin: 'https://evil.example' } });
  assert.equal(foreign.headers.get('access-control-allow-origin'), null);
});

test('a page at the root is found below /ui, too, with its files, where neither route nor file answers', async (context) => {
  const { url, ownUrl } = await openPage(context);
  const bare = await fetch(`${url}/ui`, { redirect: 'manual' });
  assert.equal(bare.status, 308);
  assert.match(bare.headers.get('location') ?? '', /\/ui\/$/);
  for (const base of [url, ownUrl]) {
    assert.equal(await (await fetch(`${base}/ui/`)).text(), page['index.html']);
    assert.equal(await (await fetch(`${base}/ui/assets/app.js`)).text(), page['assets/app.js']);
    assert.equal((await fetch(`${base}/ui/none.js`)).status, 404);
    assert.equal((await fetch(`${base}/ui/.env`)).status, 404);
  }
});

test('a page with a base of its own is not found below /ui', async (context) => {
  const { url } = await openPage(context, { basePath: '/shop' });
  assert.equal((await fetch(`${url}/ui/`)).status, 404);
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/** The least that a proxy to a Unix socket can be on undici's pool: headers, body and answer as they are. */
const [socketPath = ''] = process.argv.slice(2);
const pool = new Pool('http://worker', { socketPath });

const server = createServer((request, response) => {
  const { url: path = '/', method = 'GET', headers } = request;
  delete headers.connection;
  pool
    .stream({ path, method, headers, body: request }, ({ statusCode, headers: answered }) =>
      response.writeHead(statusCode, answered),
    )
    .catch(() => response.destroy());
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});

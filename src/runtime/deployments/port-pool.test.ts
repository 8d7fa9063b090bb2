import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, test } from 'node:test';
import { listFreePairs, PortPool } from './port-pool.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listen(port = 0): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function createPool(first: number, last: number, reserved: readonly number[] = []): PortPool {
  return new PortPool({ first, last, host: '127.0.0.1', reserved });
}

test('pairs are given lowest first, without those that are reserved or taken, as HTTP or as gRPC port', () => {
  const taken = [{ http: 8002, grpc: 18_002 }];
  const range = { first: 8001, last: 8005, reserved: [8003, 18_004] };
  assert.deepEqual(
    [...listFreePairs(range, taken)],
    [
      { http: 8001, grpc: 18_001 },
      { http: 8005, grpc: 18_005 },
    ],
  );
});

test('an id keeps its ports until they are released, and two at once get two pairs', async () => {
  const pool = createPool(22_000, 22_050);
  const [a, b] = await Promise.all([pool.take('a'), pool.take('b')]);
  assert.notDeepEqual(a, b);
  assert.deepEqual(await pool.take('a'), a);
  pool.release('a');
  assert.deepEqual(await pool.take('c'), a);
});

test('a pair of which somebody listens on either port is passed over', async () => {
  const first = 22_100;
  await listen(first);
  await listen(first + 10_001);
  assert.deepEqual(await createPool(first, first + 50).take('a'), { http: first + 2, grpc: first + 10_002 });
});

test('what an id has had since before is not given to another', async () => {
  const pool = createPool(22_200, 22_250);
  assert.equal(pool.keep('old', { http: 22_200, grpc: 32_200 }), true);
  assert.equal(pool.keep('older', { http: 22_200, grpc: 32_200 }), false);
  assert.deepEqual(await pool.take('new'), { http: 22_201, grpc: 32_201 });
});

test('when none is left the error says which range, and how to widen it', async () => {
  const pool = createPool(22_300, 22_301, [22_301]);
  await pool.take('a');
  await assert.rejects(pool.take('b'), {
    code: 'NO_FREE_PORT',
    message: /from 22300 to 22301 .* widen workers\.ports/,
  });
  pool.release('a');
  assert.deepEqual(await pool.take('b'), { http: 22_300, grpc: 32_300 });
});

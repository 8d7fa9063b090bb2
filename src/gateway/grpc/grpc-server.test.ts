import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { decode } from '@msgpack/msgpack';
import { errorCatalogue, ParleyError, silentLogger } from '../../base/index.ts';
import { createCollectedOutput } from './collected-output.ts';
import { toGrpcError } from './grpc-error.ts';
import { packMap } from './pack-map.ts';

test('every error of the catalogue has its status of gRPC', () => {
  for (const [code, { grpc }] of Object.entries(errorCatalogue)) {
    const { code: number } = toGrpcError(new ParleyError(code as ParleyError['code'], 'what'), silentLogger);
    assert.equal(status[number ?? -1], grpc, code);
  }
});

test('an error of a caller says what is wrong, our own says nothing', () => {
  const busy = toGrpcError(new ParleyError('QUEUE_FULL', 'It is full.', { retryAfterMs: 5 }), silentLogger);
  assert.deepEqual(
    [busy.details, busy.metadata?.get('parley-code'), busy.metadata?.get('retry-after-ms')],
    ['It is full.', ['QUEUE_FULL'], ['5']],
  );
  const own = toGrpcError(new Error('/secret/path'), silentLogger);
  const [details] = own.metadata?.get('grpc-status-details-bin') ?? [];
  assert.match(String(details), /INTERNAL_ERROR/);
  assert.doesNotMatch(String(details), /secret/);
  assert.deepEqual([own.code, own.details], [status.INTERNAL, 'Something failed inside Parley.']);
});

test('a map of packed values is read by another implementation, whatever its size', () => {
  for (const size of [0, 15, 16, 70_000]) {
    const names = Array.from({ length: size }, (_, index) => `name ${'é'.repeat(index % 40)} ${index}`);
    const read = decode(packMap(new Map(names.map((name) => [name, Buffer.from([7])]))));
    assert.deepEqual(read, Object.fromEntries(names.map((name) => [name, 7])));
  }
});

test('collected output keeps its beginning, and says how much is missing', () => {
  const output = createCollectedOutput(4);
  output.add({ kind: 'stdout', data: Buffer.from('abc') });
  output.add({ kind: 'stdout', data: Buffer.from('def') });
  output.add({ kind: 'stderr', data: Buffer.from('x') });
  output.add({ kind: 'progress', data: Buffer.from('y') });
  assert.match(output.read('stdout'), /^abcd\n… 2 more bytes were dropped/);
  assert.equal(output.read('stderr'), 'x');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGrpcTimeout, parseGrpcTimeout } from './grpc-timeout.ts';

test('a timeout is read in every unit, and what is none says nothing', () => {
  const read = ['2H', '3M', '4S', '5m', '6000u', '7000000n'].map(parseGrpcTimeout);
  assert.deepEqual(read, [7_200_000, 180_000, 4_000, 5, 6, 7]);
  for (const wrong of [undefined, '', '5', 'm', '-1S', '1.5S', '123456789S', '5s']) {
    assert.equal(parseGrpcTimeout(wrong), undefined, wrong);
  }
});

test('a timeout is written with at most eight digits, and is never over at once', () => {
  const written = [-5, 0, 0.2, 1_500, 99_999_999, 100_000_001, 1e15].map(formatGrpcTimeout);
  assert.deepEqual(written, ['1m', '1m', '1m', '1500m', '99999999m', '100001S', '99999999S']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../base/index.ts';
import { findOperation, operations } from './operations.ts';
import { resolveVersion, type VersionHints } from './version.ts';

function refused(hints: VersionHints): string {
  try {
    resolveVersion(hints);
  } catch (thrown) {
    assert.ok(hasCode(thrown, 'VERSION_NOT_SUPPORTED'));
    assert.equal(thrown.details['supported'], '1.0');
    assert.match(thrown.message, /1\.0/);
    return String(thrown.details['requested']);
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(hints)} was accepted` });
}

test('an explicit version wins over the grammar, the header over the query, and its patch number does not matter', () => {
  assert.equal(resolveVersion({ header: '1.0', method: 'tasks/get' }).version, '1.0');
  assert.equal(resolveVersion({ header: ' 1.0.7 ', query: '0.3' }).version, '1.0');
  assert.equal(resolveVersion({ header: '', query: '1.0.1', path: '/v1/message:send' }).version, '1.0');
});

test('without a version the grammar of the method or the path decides', () => {
  assert.equal(resolveVersion({ method: 'SendMessage' }).version, '1.0');
  assert.equal(resolveVersion({ path: '/message:send' }).version, '1.0');
  assert.equal(resolveVersion({}).version, '1.0');
  assert.equal(refused({ method: 'message/send' }), '0.3');
  assert.equal(refused({ header: '', path: '/v1/message:send' }), '0.3');
});

test('a version that is not spoken is refused with the list of those that are', () => {
  for (const header of ['0.3', '2.0', '1', '1.1', 'x', '1.0.x', '9'.repeat(500)]) {
    assert.equal(refused({ header }), header.slice(0, 32));
  }
});

test('every operation is found by its method, and no two share a method or a route', () => {
  for (const operation of operations) assert.equal(findOperation(operation.method), operation);
  assert.equal(findOperation('message/send'), undefined);
  const routes = operations.flatMap((operation) => operation.routes.map(({ verb, path }) => `${verb} ${path}`));
  assert.equal(new Set(routes).size, routes.length);
  assert.deepEqual(
    operations.filter((operation) => operation.streaming).map((operation) => operation.name),
    ['streamMessage', 'subscribeToTask'],
  );
});

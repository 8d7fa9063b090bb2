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
    assert.equal(thrown.details['supported'], '1.0, 0.3, 0.2');
    assert.match(thrown.message, /1\.0/);
    return String(thrown.details['requested']);
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(hints)} was accepted` });
}

test('an explicit version wins over the grammar, the header over the query, and its patch number does not matter', () => {
  assert.equal(resolveVersion({ header: '1.0', method: 'tasks/get' }).version, '1.0');
  assert.equal(resolveVersion({ header: ' 1.0.7 ', query: '0.3' }).version, '1.0');
  assert.equal(resolveVersion({ header: '', query: '1.0.1', path: '/v1/message:send' }).version, '1.0');
  assert.equal(resolveVersion({ header: '0.3.0', method: 'SendMessage' }).version, '0.3');
  assert.equal(resolveVersion({ header: '0.2.6' }).version, '0.3');
});

test('without a version the grammar of the method or the path decides', () => {
  assert.equal(resolveVersion({ method: 'SendMessage' }).version, '1.0');
  assert.equal(resolveVersion({ path: '/message:send' }).version, '1.0');
  assert.equal(resolveVersion({}).version, '1.0');
  assert.equal(resolveVersion({ method: 'message/send' }).version, '0.3');
  assert.equal(resolveVersion({ header: '', path: '/v1/message:send' }).version, '0.3');
});

test('0.3 has a form for each binding, 1.0 one for both', () => {
  const old = resolveVersion({ header: '0.3', binding: 'rest' });
  assert.equal(old.version, '0.3');
  assert.notEqual(old, resolveVersion({ header: '0.3' }));
  assert.equal(resolveVersion({ header: '1.0', binding: 'rest' }), resolveVersion({ header: '1.0' }));
});

test('a version that is not spoken is refused with the list of those that are', () => {
  for (const header of ['0.1', '2.0', '1', '1.1', 'x', '1.0.x', '9'.repeat(500)]) {
    assert.equal(refused({ header }), header.slice(0, 32));
  }
});

test('every operation is found by its method in its version, and no two share a method or a route', () => {
  for (const operation of operations) {
    assert.equal(findOperation(operation.method, '1.0'), operation);
    assert.equal(findOperation(operation.method, '0.3'), undefined);
    const { method } = operation.v03;
    if (method !== undefined) assert.equal(findOperation(method, '0.3'), operation);
  }
  assert.equal(findOperation('message/send', '1.0'), undefined);
  const routes = operations.flatMap(({ routes: now, v03 }) => [...now, ...v03.routes]);
  assert.equal(new Set(routes.map(({ verb, path }) => `${verb} ${path}`)).size, routes.length);
  assert.deepEqual(
    operations.filter((operation) => operation.streaming).map((operation) => operation.name),
    ['streamMessage', 'subscribeToTask'],
  );
});

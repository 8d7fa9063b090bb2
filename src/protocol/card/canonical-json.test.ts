import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCanonicalJson } from './canonical-json.ts';

test('the example of RFC 8785 comes out as the RFC has it', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, Number('4.50'), 2e-3, 1e-27],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  };
  assert.equal(
    toCanonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test('names are in the order of UTF-16 code units', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
  const written = toCanonicalJson(Object.fromEntries(names.map((name) => [name, 0])));
  assert.deepEqual(Object.keys(JSON.parse(written) as object).sort(), names.toSorted());
  const order = ['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'].map((name) =>
    written.indexOf(`"${name}"`),
  );
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  assert.ok(order.every((at) => at >= 0));
});

test('what has no canonical form is refused', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 200; level++) deep = [deep];
  for (const value of [deep, 'a\ud800', { '\udc00': 1 }, Number.NaN, Number.POSITIVE_INFINITY, () => {}, 1n]) {
    assert.throws(() => toCanonicalJson(value), { code: 'INVALID_PARAMS' });
  }
});

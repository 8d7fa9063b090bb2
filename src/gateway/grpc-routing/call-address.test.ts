import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCallAddress } from './call-address.ts';

const cases = [
  ['/shop.v1.Shop/Buy', 'shop.v1.Shop', '/shop.v1.Shop/Buy', undefined],
  ['/agents/shop/a2a/shop.v1.Shop/Buy', 'shop.v1.Shop', '/shop.v1.Shop/Buy', 'shop'],
  ['/agents/shop/other/Buy', 'agents', '/agents/shop/other/Buy', undefined],
  ['/Buy', 'Buy', '/Buy', undefined],
  ['', '', '', undefined],
] as const;

for (const [given, service, path, agent] of cases) {
  test(`the path "${given}" means ${service || 'nothing'}${agent === undefined ? '' : ` of ${agent}`}`, () => {
    assert.deepEqual(readCallAddress({ ':path': given }), { service, path, agent });
  });
}

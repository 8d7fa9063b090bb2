import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from './compare-versions.ts';

// The order of Semantic Versioning 2.0.0, section 11, and what is common beside it.
const ascending = [
  '0.9',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.2.0',
  'v1.2.1',
  '1.10.0',
  '2.0.0',
  '2.0.0.1',
  '2026.11.21',
  '90071992547409931.0.0',
];

test('versions have the order of Semantic Versioning', () => {
  for (const [index, low] of ascending.entries()) {
    for (const high of ascending.slice(index + 1)) {
      assert.ok((compareVersions(low, high) ?? 0) < 0, `${low} < ${high}`);
      assert.ok((compareVersions(high, low) ?? 0) > 0, `${high} > ${low}`);
    }
  }
});

test('build metadata, a leading v and missing zeros make no difference', () => {
  for (const other of ['1.2', 'v1.2.0', '1.2.0+build.7', '01.2.0']) assert.equal(compareVersions('1.2.0', other), 0);
});

test('a version of another form has no order, but is equal to itself', () => {
  for (const text of ['latest', '1.x', '', '1.0.0-', 'nightly-3']) {
    assert.equal(compareVersions(text, '1.0.0'), undefined, text);
    assert.equal(compareVersions(text, text), 0);
  }
});

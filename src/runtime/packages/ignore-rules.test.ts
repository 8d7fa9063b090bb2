import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIgnoreRules } from './ignore-rules.ts';

test('patterns stand for names anywhere, and with a slash for paths from the root', () => {
  const ignored = createIgnoreRules('*.log\n/build\ndocs/**/draft?.md\n# *.md\n');
  assert.equal(ignored('a/b/x.log', false), true);
  assert.equal(ignored('build', true), true);
  assert.equal(ignored('a/build', true), false);
  assert.equal(ignored('docs/draft1.md', false), true);
  assert.equal(ignored('docs/a/b/draft2.md', false), true);
  assert.equal(ignored('docs/draft.md', false), false);
});

test('a pattern with a slash behind it is for folders only, and ! brings back', () => {
  const ignored = createIgnoreRules('cache/\n*.csv\n!keep.csv');
  assert.deepEqual([ignored('cache', true), ignored('cache', false)], [true, false]);
  assert.deepEqual([ignored('a.csv', false), ignored('keep.csv', false)], [true, false]);
});

test('version control, caches and what the runtime keeps are never packed, whatever the file says', () => {
  const ignored = createIgnoreRules('!.git\n!__pycache__\n!.parley');
  for (const path of ['.git', 'src/__pycache__', '.parley', '.venv', 'a/node_modules/.bin', 'old-1.0.0.apkg'])
    assert.equal(ignored(path, true), true, path);
  assert.equal(ignored('data/model.apkg', false), false);
});

test('a pattern of many stars costs no more than its length times the name', () => {
  const ignored = createIgnoreRules(`${'*a'.repeat(100)}b\n${'**/'.repeat(100)}b`);
  assert.equal(ignored(`${'a'.repeat(250)}/${'a/'.repeat(100)}a`, false), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siblingModule } from './sibling-module.ts';

test('a sibling has the extension of its caller, so that source and published form both find it', () => {
  assert.equal(siblingModule('file:///a/src/store/open.ts', 'writer').href, 'file:///a/src/store/writer.ts');
  assert.equal(siblingModule('file:///a/dist/store/open.js', 'writer').href, 'file:///a/dist/store/writer.js');
});

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from '../support/project.ts';

const page = readFileSync(join(projectFolder, 'docs/guarantees.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| promise'));

test('every guarantee in docs/guarantees.md names a test that exists', () => {
  assert.ok(rows.length > 20);
  for (const row of rows) {
    const [, file = '', , name = ''] = /\| `([^`]+\.test\.ts)`(: (.+))? \|$/.exec(row) ?? [];
    assert.ok(existsSync(join(projectFolder, file)), `no test file is named in: ${row}`);
    const source = readFileSync(join(projectFolder, file), 'utf8');
    assert.ok(source.includes(name), `${file} has no test "${name}"`);
  }
});

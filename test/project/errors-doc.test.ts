import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCatalogue } from '../../src/base/index.ts';
import { projectFolder } from '../support/project.ts';

test('docs/errors.md lists exactly the codes of the catalogue, with what they are on each wire', () => {
  const text = readFileSync(join(projectFolder, 'docs/errors.md'), 'utf8');
  const documented = [...text.matchAll(/^\| `([A-Z_]+)` \| (.*) \| (\d+) \| (-\d+) \| ([A-Z_]+) \| (yes|no) \|$/gm)];
  const rows = documented.map(([, code = '', summary, http, jsonRpc, grpc, again]) => [
    code,
    { summary, http: Number(http), jsonRpc: Number(jsonRpc), grpc, retryable: again === 'yes' },
  ]);
  assert.deepEqual(Object.fromEntries(rows), errorCatalogue, 'run: npm run docs');
});

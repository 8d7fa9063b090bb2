import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from '../../support/project.ts';
import { requirements } from './requirements.ts';

/** The names that a file gives to its tests, as far as they are fixed. */
async function readTestNames(file: string): Promise<readonly string[]> {
  const text = await readFile(join(projectFolder, file), 'utf8');
  return [...text.matchAll(/\btest\(\s*(['`])(.*?)\1,/gs)].map(([, , name = '']) => name.split('${')[0] ?? '');
}

test('every requirement is shown by a test, unless it waits for a store that nodes share', () => {
  const uncited = requirements.filter(({ tests, needs }) => tests.length === 0 && needs === undefined);
  assert.deepEqual(
    uncited.map(({ id }) => id),
    [],
  );
  assert.equal(new Set(requirements.map(({ id }) => id)).size, requirements.length);
});

for (const { id, tests } of requirements) {
  test(`the tests that show ${id} are there`, async () => {
    for (const citation of tests) {
      const [file = '', ...rest] = citation.split(': ');
      const name = rest.join(': ');
      assert.ok(name !== '', `${citation} names no test`);
      const names = await readTestNames(file);
      assert.ok(
        names.some((known) => known !== '' && known.startsWith(name)),
        `${file} has no test "${name}…"`,
      );
    }
  });
}

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

test('every requirement is shown by a test', () => {
  const uncited = requirements.filter(({ tests }) => tests.length === 0);
  assert.deepEqual(
    uncited.map(({ id }) => id),
    [],
  );
  assert.equal(new Set(requirements.map(({ id }) => id)).size, requirements.length);
});

test('docs/conformance.md lists what the official server does not do, and what is so here', async () => {
  const page = await readFile(join(projectFolder, 'docs/conformance.md'), 'utf8');
  const listed = requirements.filter(({ source }) => source === 'beyond the official server 1.3.0');
  assert.ok(listed.length > 10);
  for (const { id, behaviour } of listed) assert.ok(page.includes(`| ${behaviour} |`), `${id} is not in the table`);
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

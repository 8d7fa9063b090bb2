/**
 * Runs the tests: all of them, or those whose path holds one of the given words (`npm test -- src/base`).
 * Ends with the line `N passed, N failed, N skipped`; the exit code is 0 only when nothing failed and something ran. With
 * REPEAT_FAILED=1 files that failed beside others run once more alone, and that counts.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const timeoutMs = 5 * 60_000;
/** More failures than in so many files are no matter of chance. */
const mostRepeated = 5;

const words = process.argv.slice(2);
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts', 'examples/**/*.test.ts'], {
  cwd: root,
})
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();

/** What each file came to; the last run of a file counts. @type {Map<string, { passed: number, failed: number, skipped: number }>} */
const results = new Map();
/** Files that failed as a whole: at their imports, or behind their last test. @type {Set<string>} */
const broken = new Set();

/** @param {string[]} chosen @param {number} concurrency */
async function runFiles(chosen, concurrency) {
  for (const file of chosen) broken.delete(resolve(root, file));
  const events = run({ files: chosen, cwd: root, concurrency, timeout: timeoutMs });
  events.on('test:summary', ({ file, counts: { passed, failed, cancelled, skipped, todo } }) => {
    if (file !== undefined) results.set(file, { passed, failed: failed + cancelled, skipped: skipped + todo });
  });
  events.on('test:fail', ({ name, file, nesting }) => {
    if (nesting === 0 && file !== undefined && resolve(root, name) === file) broken.add(file);
  });
  const output = events.compose(spec);
  output.pipe(process.stdout, { end: false });
  await finished(output);
}

/** @param {'passed' | 'failed' | 'skipped'} what */
function total(what) {
  const ofTests = [...results.values()].reduce((sum, counts) => sum + counts[what], 0);
  return what === 'failed' ? ofTests + broken.size : ofTests;
}

await runFiles(files, Math.min(4, availableParallelism()));
const withFailures = [...results].filter(([, { failed: count }]) => count > 0).map(([file]) => file);
const failed = [...new Set([...withFailures, ...broken])];
if (failed.length > 0 && failed.length <= mostRepeated && process.env['REPEAT_FAILED'] === '1') {
  // Some measure memory and time beside others: what fails alone, too, has failed.
  console.log(`Again, one after the other: ${failed.map((file) => relative(root, file)).join(', ')}`);
  await runFiles(failed, 1);
}
console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
process.exitCode = total('failed') > 0 || total('passed') === 0 ? 1 : 0;

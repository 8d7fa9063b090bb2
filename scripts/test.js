/**
 * Runs the tests: all of them, or those whose path holds one of the given words (`npm test -- src/base`).
 * Ends with the line `N passed, N failed, N skipped`; the exit code is 0 only when nothing failed and something ran.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const timeoutMs = 5 * 60_000;

const words = process.argv.slice(2);
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts', 'examples/**/*.test.ts'], {
  cwd: root,
})
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();

const counts = { passed: 0, failed: 0, skipped: 0 };
const events = run({ files, cwd: root, concurrency: Math.min(4, availableParallelism()), timeout: timeoutMs });
events.on('test:summary', ({ file, counts: seen }) => {
  if (file !== undefined) return;
  counts.passed = seen.passed;
  counts.failed = seen.failed + seen.cancelled;
  counts.skipped = seen.skipped + seen.todo;
});
events.compose(spec).pipe(process.stdout);

process.on('exit', () => {
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
});

/**
 * Runs the official conformance suite against a node with an ordinary package: `npm run conformance -- PATH_OF_THE_SUITE`.
 * The suite (a2aproject/a2a-tck, branch 1.0-dev) is not part of the project; PYTHON names an interpreter that has what it needs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { projectFolder } from '../support/project.ts';
import { createTestFolder, deployHealthy, removeFolder, startTestNode } from '../support/test-node.ts';
import { findSuiteFault } from './suite-faults.ts';
import { formatReport, readReport } from './suite-report.ts';

const [given] = process.argv.slice(2);
if (given === undefined || !existsSync(join(given, 'tests/compatibility'))) {
  process.stderr.write('Usage: npm run conformance -- PATH_OF_THE_SUITE, a checkout of a2a-tck, branch 1.0-dev.\n');
  process.exit(2);
}
process.exitCode = await run(resolve(given));

async function run(suite: string): Promise<number> {
  const folder = await createTestFolder();
  const node = await startTestNode({ settings: { a2a: { strictCards: true } } });
  try {
    const path = join(projectFolder, 'test/conformance/agent');
    await deployHealthy(node, { source: { kind: 'folder', path } });
    const report = join(folder, 'report.xml');
    await runSuite(suite, `${node.url}/a2a/conformance`, report);
    return print(await readFile(report, 'utf8'));
  } finally {
    await node.close();
    await removeFolder(folder);
  }
}

async function runSuite(suite: string, url: string, report: string): Promise<void> {
  const python = process.env['PYTHON'] ?? 'python3';
  const options = [`--sut-host=${url}`, `--junitxml=${report}`, '-q', '--tb=line', '-p', 'no:cacheprovider'];
  const child = spawn(python, ['-m', 'pytest', 'tests/compatibility', ...options], {
    cwd: suite,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'exit');
}

/** 1 when something fails that is not the suite's own fault. */
function print(xml: string): number {
  const results = readReport(xml);
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  process.stdout.write(`${formatReport(results)}\n\n`);
  for (const { id, message } of failed) {
    const fault = findSuiteFault(id);
    const why = fault === undefined ? message : `the suite's own fault: it ${fault}`;
    process.stdout.write(`- ${id}: ${why}\n`);
  }
  return results.length > 0 && failed.every(({ id }) => findSuiteFault(id) !== undefined) ? 0 : 1;
}

/**
 * Runs the official conformance suite against a node with an ordinary package: `npm run conformance -- PATH_OF_THE_SUITE`.
 * The suite (a2aproject/a2a-tck, branch 1.0-dev or 0.3.x) is not part of the project; PYTHON names an interpreter that has what it needs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { projectFolder } from '../support/project.ts';
import { createTestFolder, deployHealthy, removeFolder, startTestNode } from '../support/test-node.ts';
import { openAgentFront } from './agent-front.ts';
import { findBranch, type SuiteBranch, type SuiteRun } from './suite-branch.ts';
import { findSuiteFault } from './suite-faults.ts';
import { formatReport, readReport, type SuiteResult } from './suite-report.ts';

const [given] = process.argv.slice(2);
const branch = given === undefined ? undefined : findBranch(given);
if (given === undefined || branch === undefined) {
  process.stderr.write(
    'Usage: npm run conformance -- PATH_OF_THE_SUITE, a checkout of a2a-tck, branch 1.0-dev or 0.3.x.\n',
  );
  process.exit(2);
}
process.exitCode = await run(resolve(given), branch);

async function run(suite: string, { strictCards, atRoot, runs }: SuiteBranch): Promise<number> {
  const folder = await createTestFolder();
  // The suite's own webhooks are on this machine.
  const push = { allowHosts: ['127.0.0.1', '::1'] };
  const node = await startTestNode({ settings: { a2a: { strictCards }, push } });
  try {
    const path = join(projectFolder, 'test/conformance/agent');
    await deployHealthy(node, { source: { kind: 'folder', path } });
    const front = await openAgentFront(node.url, 'conformance');
    try {
      const results: SuiteResult[] = [];
      for (const [index, one] of runs(atRoot ? front.url : `${node.url}/a2a/conformance`).entries()) {
        results.push(...(await runSuite(suite, one, join(folder, `report-${index}.xml`))));
      }
      return print(results);
    } finally {
      front.close();
    }
  } finally {
    await node.close();
    await removeFolder(folder);
  }
}

async function runSuite(suite: string, one: SuiteRun, report: string): Promise<readonly SuiteResult[]> {
  const python = process.env['PYTHON'] ?? 'python3';
  const options = [`--junitxml=${report}`, '-q', '-p', 'no:cacheprovider'];
  const child = spawn(python, ['-m', 'pytest', ...one.args, ...options], {
    cwd: suite,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'exit');
  const results = readReport(await readFile(report, 'utf8'));
  if (results.length === 0) throw new Error(`pytest found no tests in ${one.args[0]}.`);
  return results.map((result) => ({ ...result, row: one.row ?? result.row }));
}

/** 1 when something fails that is not the suite's own fault. */
function print(results: readonly SuiteResult[]): number {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  process.stdout.write(`${formatReport(results)}\n\n`);
  for (const { id, row, message } of failed) {
    const fault = findSuiteFault(id);
    const why = fault === undefined ? message : `the suite's own fault: it ${fault}`;
    process.stdout.write(`- ${row}: ${id}: ${why}\n`);
  }
  return failed.every(({ id }) => findSuiteFault(id) !== undefined) ? 0 : 1;
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { NodeConfig } from '../config.ts';
import { choosePython, type Environment } from './choose-python.ts';
import { type Finding, failed, ok, warning } from './finding.ts';

const run = promisify(execFile);
const timeoutMs = 20_000;
const oldestNode = 24;
const pythonFacts = [
  'import importlib.util as u, sys',
  'parts = ["venv", "ensurepip", "pip"]',
  'print(sys.version.split()[0], sys.version_info >= (3, 9), *[p for p in parts if u.find_spec(p) is None])',
].join('\n');

/** The interpreters, and what installs the dependencies of packages. */
export function checkPrograms(config: NodeConfig, environment: Environment): readonly Promise<Finding>[] {
  return [checkNode(), checkPython(choosePython(config, environment)), checkNpm()];
}

async function checkNode(): Promise<Finding> {
  const major = Number.parseInt(process.versions.node, 10);
  if (major >= oldestNode) return ok('node', `Node ${process.versions.node} runs Parley and Node packages.`);
  return failed('node', `Node ${process.versions.node} is too old.`, `Install Node ${oldestNode} or newer.`);
}

async function checkPython(python: string): Promise<Finding> {
  const answer = await readOutput(python, ['-c', pythonFacts]);
  if (answer === undefined) {
    const advice = 'Install Python 3.9 or newer, or name it in workers.python or PARLEY_PYTHON.';
    return warning('python', `${python} cannot be run: Python packages do not work.`, advice);
  }
  const [version, isNewEnough, ...missing] = answer.split(' ');
  if (isNewEnough !== 'True') {
    return warning('python', `${python} is ${version}: Python packages need 3.9.`, 'Install Python 3.9 or newer.');
  }
  if (!missing.includes('venv') && !missing.includes('ensurepip')) {
    return ok('python', `${python} is ${version}, and can make environments for dependencies.`);
  }
  const lacking = `${python} is ${version}, but has no ${missing.join(', ')}: packages with dependencies do not work.`;
  return warning('python', lacking, 'Install the package of your system that has venv, such as python3-venv.');
}

async function checkNpm(): Promise<Finding> {
  const version = await readOutput('npm', ['--version']);
  if (version !== undefined) return ok('npm', `npm ${version} installs the dependencies of Node packages.`);
  return warning('npm', 'There is no npm: Node packages with dependencies do not work.', 'Install npm.');
}

async function readOutput(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run(command, args, { timeout: timeoutMs })).stdout.trim();
  } catch {
    return undefined;
  }
}

import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ParleyError } from '../../base/index.ts';
import type { InstalledPackage } from '../packages/install-package.ts';
import { createEnvironmentError } from './environment-error.ts';
import type { EnvironmentRequest } from './environment-request.ts';
import type { PythonFacts } from './interpreter-facts.ts';
import { type InstallerEnd, type InstallerHost, runInstaller } from './run-installer.ts';

/** A new virtual environment, and what it is made with. */
export interface VenvRequest {
  readonly host: InstallerHost;
  readonly request: EnvironmentRequest;
  readonly facts: PythonFacts;
  readonly folder: string;
}

/** What goes into it. */
export interface WheelsRequest extends VenvRequest, RequirementList {
  /** False: only wheels, so that nothing of a package is run. */
  readonly allowBuild: boolean;
  /** What is installed and what to do when it cannot be, for the message. */
  readonly what: string;
  readonly advice: string;
}

/** Makes an empty virtual environment. ENVIRONMENT_FAILED when the interpreter cannot. */
export async function makeVenv(venv: VenvRequest): Promise<void> {
  const { facts, folder } = venv;
  const end = await run(venv, [facts.executable, '-m', 'venv', '--without-pip', folder], folder);
  if (end.good) return;
  const message = `${facts.executable} cannot make a virtual environment (${end.why}); install its module venv, or name another interpreter in workers.python.`;
  throw createEnvironmentError(message, end.lines);
}

/** Installs with the interpreter's own pip, or with the one that Python brings. ENVIRONMENT_FAILED, STORE_FULL. */
export async function installWheels(wheels: WheelsRequest): Promise<void> {
  const { allowBuild, words, cwd } = wheels;
  const pip = await findPip(wheels);
  const options = ['--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '--no-warn-script-location'];
  const builds = allowBuild ? [] : ['--only-binary', ':all:'];
  const end = await run(wheels, [...pip, 'install', ...options, ...builds, ...words], cwd);
  if (end.good) return;
  if (end.lines.some((line) => /No space left on device|Errno 28|ENOSPC/.test(line))) throw diskFull(wheels);
  throw createEnvironmentError(`${wheels.what} cannot be installed (pip: ${end.why}); ${wheels.advice}.`, end.lines);
}

/** Requirements as pip is told of them. */
export interface RequirementList {
  readonly words: readonly string[];
  /** Where it runs. */
  readonly cwd: string;
}

/** Requirements that name nothing but packages. */
export async function listRequirements(folder: string, requirements: readonly string[]): Promise<RequirementList> {
  const file = join(folder, 'requirements.txt');
  await writeFile(file, `${requirements.join('\n')}\n`, { mode: 0o600 });
  return { words: ['-r', file], cwd: folder };
}

/** Requirements that name files beside them: a build may write there, so it gets a copy of the package. */
export async function copySource(
  folder: string,
  { folder: source, manifest }: InstalledPackage,
): Promise<RequirementList> {
  const cwd = join(folder, 'source');
  await cp(source, cwd, { recursive: true, verbatimSymlinks: true });
  return { words: ['-r', join(cwd, 'requirements.txt'), ...manifest.dependencies], cwd };
}

async function findPip(venv: VenvRequest): Promise<readonly string[]> {
  const { facts, folder } = venv;
  const inner = join(folder, 'bin', 'python');
  if (facts.pip) return [facts.executable, '-m', 'pip', '--python', inner];
  const end = facts.ensurepip && (await run(venv, [inner, '-m', 'ensurepip'], folder));
  if (end !== false && end.good) return [inner, '-m', 'pip'];
  const message = `${facts.executable} has neither pip 22.3 or newer nor ensurepip; install pip for it, or name another interpreter in workers.python.`;
  throw createEnvironmentError(message, end === false ? [] : end.lines);
}

function run({ host, request }: VenvRequest, words: readonly string[], cwd: string): Promise<InstallerEnd> {
  const [command = '', ...args] = words;
  const variables = { PIP_RETRIES: host.environment['PIP_RETRIES'] ?? '2', PIP_USER: '0' };
  return runInstaller(host, { command, args, cwd, variables, onLine: request.onLine });
}

function diskFull({ folder, what }: WheelsRequest): ParleyError {
  return new ParleyError(
    'STORE_FULL',
    `${what} cannot be installed: the disk of ${folder} is full. Make room and restart the deployment.`,
  );
}

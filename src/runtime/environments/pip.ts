import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ParleyError } from '../../base/index.ts';
import { createEnvironmentError } from './environment-error.ts';
import type { EnvironmentRequest, Workshop } from './environment-request.ts';
import type { PythonFacts } from './interpreter-facts.ts';
import { type InstallerEnd, runInstaller } from './run-installer.ts';

/** A new virtual environment, and what it is made with. */
export interface VenvRequest {
  readonly workshop: Workshop;
  readonly request: EnvironmentRequest;
  readonly facts: PythonFacts;
  readonly folder: string;
}

/** What goes into it. */
export interface WheelsRequest extends VenvRequest {
  readonly requirements: readonly string[];
  /** False: only wheels, so that nothing of a package is run. */
  readonly allowBuild: boolean;
  /** The package's own requirements.txt is read where it lies, because it names files beside it. */
  readonly source?: { readonly folder: string; readonly dependencies: readonly string[] } | undefined;
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
  const { folder, allowBuild, source } = wheels;
  const pip = await findPip(wheels);
  const options = ['--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '--no-warn-script-location'];
  const builds = allowBuild ? [] : ['--only-binary', ':all:'];
  const what = await listWhat(wheels);
  const end = await run(wheels, [...pip, 'install', ...options, ...builds, ...what], source?.folder ?? folder);
  if (end.good) return;
  if (end.lines.some((line) => /No space left on device|Errno 28|ENOSPC/.test(line))) throw diskFull(wheels);
  throw createEnvironmentError(`${wheels.what} cannot be installed (pip: ${end.why}); ${wheels.advice}.`, end.lines);
}

async function listWhat({ folder, requirements, source }: WheelsRequest): Promise<readonly string[]> {
  if (source !== undefined) return ['-r', join(source.folder, 'requirements.txt'), ...source.dependencies];
  const file = join(folder, 'requirements.txt');
  await writeFile(file, `${requirements.join('\n')}\n`, { mode: 0o600 });
  return ['-r', file];
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

function run({ workshop, request }: VenvRequest, words: readonly string[], cwd: string): Promise<InstallerEnd> {
  const [command = '', ...args] = words;
  const variables = { PIP_RETRIES: workshop.host.environment['PIP_RETRIES'] ?? '2', PIP_USER: '0' };
  return runInstaller(workshop.host, { command, args, cwd, variables, onLine: request.onLine });
}

function diskFull({ folder, what }: WheelsRequest): ParleyError {
  return new ParleyError(
    'STORE_FULL',
    `${what} cannot be installed: the disk of ${folder} is full. Make room and restart the deployment.`,
  );
}

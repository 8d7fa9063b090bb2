import { createHash } from 'node:crypto';
import { copyFile, lstat, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { createShortId, isObject, isSystemError, ParleyError } from '../../base/index.ts';
import { readSmallFile } from '../packages/small-file.ts';
import { toWriteError } from '../packages/write-error.ts';
import { fillIn, hostOf, openPlaceOf } from './build-place.ts';
import { createEnvironmentError } from './environment-error.ts';
import {
  type EnvironmentRequest,
  noEnvironment,
  type PreparedEnvironment,
  type Workshop,
} from './environment-request.ts';
import { createEnvironmentKey } from './environment-store.ts';
import { readLockFile } from './lock-file.ts';
import { type InstallerEnd, runInstaller } from './run-installer.ts';

const lockNames = ['npm-shrinkwrap.json', 'package-lock.json'] as const;
const maxManifestBytes = 1024 * 1024;
const maxLockBytes = 16 * 1024 * 1024;

/**
 * The modules of a Node package, installed from its lock file and linked into it as `node_modules`. A package that asks for
 * none, or brings them, is used as it is.
 */
export async function prepareNode(workshop: Workshop, request: EnvironmentRequest): Promise<PreparedEnvironment> {
  const { folder } = request.installed;
  const manifest = await readSmallFile(join(folder, 'package.json'), maxManifestBytes);
  if (manifest === undefined || !hasDependencies(manifest) || (await bringsModules(folder))) return noEnvironment;
  const plan = await createPlan(request, manifest);
  const place = await openPlaceOf(request, workshop.interpreters.node);
  const parts = await keyParts(workshop, request, plan);
  const key = createEnvironmentKey('node', place === undefined ? parts : [...parts, place.deploymentId]);
  const stored = await workshop.store.open(key, async (target) => {
    await fill(plan, folder, target);
    const host = hostOf(workshop.host, place);
    await fillIn(place, target, () => install({ ...workshop, host }, request, target));
    // With nothing but optional modules that do not fit this machine, npm makes no folder.
    await mkdir(join(target, 'node_modules'), { recursive: true, mode: 0o700 });
    return [];
  });
  await linkModules(folder, join(stored.folder, 'node_modules'));
  return { variables: {}, folders: [stored.folder] };
}

interface Plan {
  readonly manifest: string;
  readonly lockName: string;
  readonly lock: string;
  /** Files of the package that are installed from. */
  readonly files: readonly string[];
}

async function createPlan({ installed }: EnvironmentRequest, manifest: string): Promise<Plan> {
  const { folder, packageId } = installed;
  for (const lockName of lockNames) {
    const lock = await readSmallFile(join(folder, lockName), maxLockBytes);
    if (lock !== undefined) return { manifest, lockName, lock, files: readLockFile(lock, packageId).files };
  }
  throw createEnvironmentError(
    `${packageId} has dependencies in package.json and no lock file; run "npm install --package-lock-only" in its folder and pack again, or pack it with its node_modules.`,
  );
}

async function keyParts(
  { interpreters, host }: Workshop,
  { organization = '', allowBuild, installed }: EnvironmentRequest,
  { manifest, lock, files }: Plan,
): Promise<readonly unknown[]> {
  const digests: string[] = [];
  for (const file of files) digests.push(await hashFile(join(installed.folder, file), file));
  const node = interpreters.node === process.execPath ? process.version : await askVersion(host, interpreters.node);
  const platform = `${process.platform} ${process.arch}`;
  return [organization, manifest, lock, files, digests, interpreters.node, node, platform, allowBuild];
}

async function askVersion(host: Workshop['host'], node: string): Promise<string> {
  const end = await runInstaller(host, { command: node, args: ['--version'], cwd: '/', onLine: () => {} });
  if (end.good) return end.lines.at(-1) ?? '';
  throw createEnvironmentError(
    `${node} cannot be asked for its version (${end.why}); name a working one in workers.node.`,
  );
}

async function hashFile(path: string, file: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw createEnvironmentError(
      `The lock file names ${file}, which is not in the package; add it and pack again.`,
      [],
      cause,
    );
  });
  return createHash('sha256').update(bytes).digest('hex');
}

/** Only what npm needs: a package's `.npmrc` has no say in where its modules come from. */
async function fill({ manifest, lockName, lock, files }: Plan, folder: string, target: string): Promise<void> {
  await writeFile(join(target, 'package.json'), manifest, { mode: 0o600 });
  await writeFile(join(target, lockName), lock, { mode: 0o600 });
  for (const file of files) {
    await mkdir(dirname(join(target, file)), { recursive: true, mode: 0o700 });
    await copyFile(join(folder, file), join(target, file));
  }
}

async function install(workshop: Workshop, request: EnvironmentRequest, target: string): Promise<void> {
  const { packageId } = request.installed;
  const end = await runNpm(workshop, request, target);
  if (end.good) return;
  if (end.lines.some((line) => /ENOSPC|EDQUOT/.test(line))) {
    const message = `The Node dependencies of ${packageId} cannot be installed: the disk of ${target} is full. Make room and restart the deployment.`;
    throw new ParleyError('STORE_FULL', message);
  }
  const message = `The Node dependencies of ${packageId} cannot be installed (npm: ${end.why}); see details.error for what npm says.`;
  throw createEnvironmentError(message, end.lines);
}

async function runNpm(workshop: Workshop, request: EnvironmentRequest, cwd: string): Promise<InstallerEnd> {
  const { host, interpreters } = workshop;
  const scripts = request.allowBuild ? [] : ['--ignore-scripts'];
  const args = ['ci', ...scripts, '--omit=dev', '--no-audit', '--no-fund', '--loglevel=warn'];
  const path = host.environment['PATH'] ?? '';
  // npm runs on the first node in PATH: the one that will load the modules.
  const PATH = isAbsolute(interpreters.node) ? [dirname(interpreters.node), path].join(delimiter) : path;
  try {
    return await runInstaller(host, { command: 'npm', args, cwd, variables: { PATH }, onLine: request.onLine });
  } catch (thrown) {
    const what = `The Node dependencies of ${request.installed.packageId} cannot be installed, because npm is not there`;
    throw createEnvironmentError(
      `${what}; install it on the node's PATH, or pack node_modules with the package.`,
      [],
      thrown,
    );
  }
}

function hasDependencies(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return ['dependencies', 'optionalDependencies'].some((name) => {
      const group = isObject(value) ? value[name] : undefined;
      return isObject(group) && Object.keys(group).length > 0;
    });
  } catch {
    return false;
  }
}

async function bringsModules(folder: string): Promise<boolean> {
  const found = await lstat(join(folder, 'node_modules')).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** Replaced in one step when it leads elsewhere: deployments of one package share its folder. */
async function linkModules(folder: string, target: string): Promise<void> {
  const link = join(folder, 'node_modules');
  if ((await readlink(link).catch(() => undefined)) === target) return;
  const fresh = join(folder, `.node_modules-${createShortId()}`);
  try {
    await symlink(target, fresh);
    await rename(fresh, link);
  } catch (thrown) {
    await rm(fresh, { force: true });
    if (!isSystemError(thrown, 'EISDIR')) throw toWriteError(link, thrown);
  }
}

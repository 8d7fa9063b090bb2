import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { InstalledPackage } from '../packages/install-package.ts';
import { defaultPackageLimits } from '../packages/package-limits.ts';
import { readSmallFile } from '../packages/small-file.ts';
import { type BaseModule, baseModules, baseNames, baseRequirements, httpModules } from './base-packages.ts';
import { fillIn, hostOf, openPlaceOf } from './build-place.ts';
import { createEnvironmentError } from './environment-error.ts';
import {
  type EnvironmentRequest,
  noEnvironment,
  type PreparedEnvironment,
  type Workshop,
} from './environment-request.ts';
import { createEnvironmentKey, type StoredEnvironment } from './environment-store.ts';
import type { PythonFacts } from './interpreter-facts.ts';
import { copySource, installWheels, listRequirements, makeVenv } from './pip.ts';
import { isPlainRequirement, normalizeRequirements } from './python-requirements.ts';
import { scanImports } from './scan-imports.ts';

/** How much of a package is looked at: `imports` also what it uses without asking for it. */
export type PythonScope = 'requirements' | 'imports';

/**
 * The virtual environment of a Python package: its requirements, and below them the base environment when it imports from it
 * what it does not bring. A package that asks for nothing gets none, and no process is started for it.
 */
export async function preparePython(
  workshop: Workshop,
  request: EnvironmentRequest,
  scope: PythonScope,
): Promise<PreparedEnvironment> {
  const { installed } = request;
  const requirements = await readRequirements(request);
  const wanted = scope === 'imports' ? await findWanted(installed) : [];
  if (requirements.length === 0 && wanted.length === 0) return noEnvironment;
  const facts = await workshop.python();
  const making: Making = { workshop, request, facts, requirements, wanted };
  if (requirements.length > 0) return inside(workshop, await openOwn(making));
  if (wanted.every((module) => facts.modules.has(module))) return noEnvironment;
  return inside(workshop, await openBase(making));
}

interface Making {
  readonly workshop: Workshop;
  readonly request: EnvironmentRequest;
  readonly facts: PythonFacts;
  readonly requirements: readonly string[];
  readonly wanted: readonly BaseModule[];
}

async function readRequirements({ installed, allowBuild }: EnvironmentRequest): Promise<readonly string[]> {
  const { folder, packageId, manifest } = installed;
  const text = (await readSmallFile(join(folder, 'requirements.txt'), defaultPackageLimits.manifestBytes)) ?? '';
  return normalizeRequirements({ packageId, text, dependencies: manifest.dependencies, allowBuild });
}

async function findWanted({ folder, manifest }: InstalledPackage): Promise<readonly BaseModule[]> {
  const { rest, a2a } = manifest.surfaces;
  const imported = await scanImports(folder);
  const served = rest !== undefined || a2a?.httpServer !== undefined ? httpModules : [];
  return baseModules.filter((module) => imported.has(module) || served.includes(module));
}

async function openOwn(making: Making): Promise<StoredEnvironment> {
  const { workshop, request, facts, requirements, wanted } = making;
  const { organization = '', allowBuild, installed } = request;
  const place = await openPlaceOf(request, facts.executable);
  // What names files of the package is its own; the rest means the same for every package.
  const own = requirements.every(isPlainRequirement) ? '' : installed.digest;
  const key = createEnvironmentKey('python', [
    ...[organization, requirements, wanted, facts.executable, facts.identity, allowBuild, own],
    ...(wanted.length > 0 ? [baseRequirements] : []),
    ...(place === undefined ? [] : [place.deploymentId]),
  ]);
  return workshop.store.open(key, async (folder) => {
    const venv = { ...making, folder, host: hostOf(workshop.host, place) };
    const what = `The Python dependencies of ${installed.packageId}`;
    const advice = 'correct requirements.txt, or see details.error for what pip says';
    const list = own === '' ? await listRequirements(folder, requirements) : await copySource(folder, installed);
    await fillIn(place, folder, async () => {
      await makeVenv(venv);
      await installWheels({ ...venv, ...list, allowBuild, what, advice });
    });
    return layUnder(making, folder);
  });
}

/** Puts what is still missing behind the environment's own packages. */
async function layUnder(making: Making, folder: string): Promise<readonly string[]> {
  const { facts, wanted } = making;
  const site = await findSite(folder);
  const missing = wanted.filter((module) => !existsSync(join(site, ...module.split('.'))));
  if (missing.length === 0) return [];
  if (missing.every((module) => facts.modules.has(module))) {
    await writePath(site, facts.sites);
    return [];
  }
  const base = await openBase(making);
  await writePath(site, [await findSite(base.folder)]);
  return [base.key];
}

/** Shared by all packages of all organizations: none has a say in what is in it. */
function openBase(making: Making): Promise<StoredEnvironment> {
  const { workshop, request, facts, wanted } = making;
  const key = createEnvironmentKey('base', [baseRequirements, facts.executable, facts.identity]);
  return workshop.store.open(key, async (folder) => {
    const venv = { ...making, folder, host: workshop.host };
    await makeVenv(venv);
    const what = `The base environment (${baseNames}) for ${request.installed.packageId}, which uses ${wanted.join(', ')},`;
    const advice = `install them into the interpreter that workers.python names (${facts.executable}), or name a mirror by PIP_INDEX_URL`;
    const list = await listRequirements(folder, baseRequirements);
    await installWheels({ ...venv, ...list, allowBuild: false, what, advice });
    return [];
  });
}

async function findSite(folder: string): Promise<string> {
  const lib = join(folder, 'lib');
  const names = await readdir(lib).catch(() => []);
  const site = names.map((name) => join(lib, name, 'site-packages')).find((path) => existsSync(path));
  if (site === undefined) throw createEnvironmentError(`The virtual environment ${folder} has no folder for packages.`);
  return site;
}

/** Of a `.pth` file each line is a folder that Python searches behind its own. */
function writePath(site: string, folders: readonly string[]): Promise<void> {
  return writeFile(join(site, 'parley-base.pth'), `${folders.join('\n')}\n`, { mode: 0o600 });
}

function inside({ root, host }: Workshop, { folder, layers }: StoredEnvironment): PreparedEnvironment {
  const bin = join(folder, 'bin');
  return {
    interpreter: join(bin, 'python'),
    variables: { VIRTUAL_ENV: folder, PATH: [bin, host.environment['PATH'] ?? ''].join(delimiter) },
    folders: [folder, ...layers.map((key) => join(root, key))],
  };
}

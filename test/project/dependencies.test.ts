import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from '../support/project.ts';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(projectFolder, name), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const manifest = read('package.json') as Record<string, Record<string, string> | undefined>;
const locked = Object.entries(packages).filter(([path]) => path.startsWith('node_modules/'));

/** Comes with gRPC; its script only compares version numbers and prints a warning, and nothing depends on its having run. */
const harmless = ['node_modules/protobufjs'];

test('no dependency runs a script when it is installed, but one that only prints', () => {
  assert.deepEqual(
    locked.filter(([, entry]) => entry.hasInstallScript).map(([path]) => path),
    harmless,
  );
});

test('the lock file holds Node itself for both Linux machines, in one version', () => {
  const versions = ['x64', 'arm64'].map((cpu) => packages[`node_modules/node-linux-${cpu}`]?.version);
  assert.match(versions[0] ?? 'missing', /^24\./);
  assert.equal(versions[1], versions[0]);
});

test('the lock file holds what is optional for every machine, or npm ci refuses it', () => {
  const names = new Set(locked.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)));
  const optional = locked.flatMap(([, entry]) => Object.keys(entry.optionalDependencies ?? {}));
  assert.deepEqual(
    optional.filter((name) => !names.has(name)),
    [],
  );
});

test('the lock file names no host, and every package has its digest', () => {
  assert.deepEqual(
    locked.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path),
    [],
  );
  assert.deepEqual(
    locked.filter(([, entry]) => !entry.integrity?.startsWith('sha512-')).map(([path]) => path),
    [],
  );
});

test('every dependency is pinned to one version', () => {
  const wanted = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}),
  );
  assert.deepEqual(
    wanted.filter(([, version]) => !/^(npm:@[\w/-]+@)?\d+\.\d+\.\d+$/.test(version)),
    [],
  );
});

import { isObject, type JsonObject, ParleyError } from '../../base/index.ts';
import { readEntry, readSurfaces } from './manifest-entry.ts';
import { readMarket } from './manifest-market.ts';
import type { Manifest } from './manifest-model.ts';
import { createProblems } from './manifest-problems.ts';
import { readPythonSessions } from './manifest-python.ts';
import { readResilience } from './manifest-resilience.ts';
import { readResources } from './manifest-resources.ts';
import { readRuntime } from './manifest-runtime.ts';
import {
  complain,
  type ManifestScope,
  openScope,
  readFlag,
  readNumber,
  readScope,
  readText,
  readTextMap,
  readTexts,
} from './manifest-scope.ts';
import { readSkills } from './manifest-skills.ts';
import { readManifestSource } from './manifest-source.ts';
import { defaultPackageLimits } from './package-limits.ts';
import { satisfiesRange } from './version-range.ts';

/** How `parseManifest` reads. */
export interface ParseManifestOptions {
  /** How the file is called in messages. Default `agent.yaml`. */
  readonly path?: string;
  /** The version of this program; `runtime_version` is compared with it. Unset: only its form is checked. */
  readonly runtimeVersion?: string;
  /** Longer texts are refused. */
  readonly maxBytes?: number;
}

const packageName = /^[a-z][a-z0-9-]*$/;
const packageVersion = /^[0-9A-Za-z][\w.+-]*$/;
const maxConcurrency = 10_000;
const reservedNames: ReadonlySet<string> = new Set(['health', 'agent', 'v1', 'tenants']);

function readName(scope: ManifestScope): string {
  const name = readText(scope, 'name');
  if (name === undefined) complain(scope, 'name', 'the name is missing; add "name: my-agent"');
  else if (!packageName.test(name) || name.length > 63)
    complain(scope, 'name', 'this may hold lower-case letters, digits and hyphens, a letter first, at most 63');
  else if (reservedNames.has(name)) complain(scope, 'name', `${name} is reserved for the runtime; choose another`);
  return name ?? '';
}

function readVersion(scope: ManifestScope): string {
  const metadata = isObject(scope.values['metadata']) ? readScope(scope, 'metadata') : undefined;
  const own = metadata && readText(metadata, 'version');
  const version = own ?? readText(scope, 'version');
  if (version === undefined) complain(scope, 'version', 'the version is missing; add "version: 0.1.0"');
  else if (!packageVersion.test(version) || version.length > 64)
    complain(
      own === undefined || metadata === undefined ? scope : metadata,
      'version',
      'this may hold letters, digits and . + - _ only, at most 64',
    );
  return version ?? '';
}

function checkRuntimeVersion(scope: ManifestScope, runtimeVersion: string | undefined): void {
  const range = readText(scope, 'runtime_version');
  if (range === undefined) return;
  const fits = satisfiesRange(runtimeVersion ?? '0.0.0', range);
  if (fits === undefined) complain(scope, 'runtime_version', 'this is not a version; write 1.2.0 or ">=1.2 <2"');
  else if (!fits && runtimeVersion !== undefined)
    complain(
      scope,
      'runtime_version',
      `the package needs Parley ${range} and this is ${runtimeVersion}; install a version that fits`,
    );
}

function readConcurrency(scope: ManifestScope, program: boolean): number {
  const value = readNumber(scope, 'concurrency', 1, maxConcurrency);
  if (value !== undefined && !Number.isInteger(value)) complain(scope, 'concurrency', 'this must be a whole number');
  return value ?? (program ? 4 : 100);
}

function readEnvironment(scope: ManifestScope): Readonly<Record<string, string>> {
  const environment = readTextMap(scope, 'environment');
  for (const [name, value] of Object.entries(environment))
    if (!/^[^=\0]+$/.test(name) || value.includes('\0'))
      complain(scope, 'environment', `${JSON.stringify(name)} is not a variable that a process can have`);
  return environment;
}

function readTexty(
  scope: ManifestScope,
): Pick<Manifest, 'description' | 'author' | 'license' | 'dependencies' | 'private'> {
  const mcp = readScope(scope, 'mcp');
  if (mcp !== undefined) {
    readFlag(mcp, 'enabled');
    readText(mcp, 'config_file');
  }
  return {
    description: readText(scope, 'description') ?? '',
    author: readText(scope, 'author') ?? '',
    license: readText(scope, 'license') ?? '',
    dependencies: readTexts(scope, 'dependencies'),
    private: readFlag(scope, 'private') ?? false,
  };
}

function readManifest(scope: ManifestScope, options: ParseManifestOptions): Manifest {
  const name = readName(scope);
  const version = readVersion(scope);
  const runtime = readRuntime(scope);
  const surfaces = readSurfaces(scope, runtime.kind);
  const entry = readEntry(scope, runtime.kind, surfaces);
  const capabilities = readTexts(scope, 'capabilities');
  const texts = readTexty(scope);
  const { description } = texts;
  const resilience = readResilience(scope);
  const market = readMarket(scope);
  checkRuntimeVersion(scope, options.runtimeVersion);
  const skills = readSkills({
    scope,
    kind: runtime.kind,
    entry,
    surfaces,
    packageName: name,
    description,
    capabilities,
  });
  return {
    name,
    version,
    packageId: `${name}@${version}`,
    displayName: readText(scope, 'display_name') ?? name,
    ...texts,
    runtime,
    entry,
    ...skills,
    capabilities,
    concurrency: readConcurrency(scope, entry.kind === 'program'),
    resources: readResources(scope),
    ...(resilience && { resilience }),
    ...(market && { market }),
    environment: readEnvironment(scope),
    surfaces,
    pythonSessions: readPythonSessions(scope, capabilities),
    metadata: (readScope(scope, 'metadata')?.values ?? {}) as JsonObject,
    raw: scope.values as JsonObject,
    warnings: scope.source.problems.warnings,
  };
}

function checkLength(yamlText: string, file: string, maxBytes: number): void {
  if (Buffer.byteLength(yamlText) <= maxBytes) return;
  const problems = createProblems(() => ({ line: 1, col: 1 }));
  problems.addAt(0, `the file has more than ${maxBytes} bytes; make it smaller`);
  throw problems.toError(file);
}

/**
 * Reads and normalizes agent.yaml (interop: docs/packages.md), which is untrusted. Unknown fields stay in `raw` and become
 * warnings. Throws MANIFEST_INVALID with `details.problems`: everything that is wrong, each with path, line and column.
 */
export function parseManifest(yamlText: string, options: ParseManifestOptions = {}): Manifest {
  const file = options.path ?? 'agent.yaml';
  checkLength(yamlText, file, options.maxBytes ?? defaultPackageLimits.manifestBytes);
  const source = readManifestSource(yamlText);
  const scope = source.problems.found ? undefined : openScope(source);
  const manifest = scope && readManifest(scope, options);
  if (manifest === undefined || source.problems.found) throw source.problems.toError(file);
  return manifest;
}

/** Reads nothing but checks that `name` can be a package's name, as `parseManifest` would. */
export function assertPackageName(name: string): void {
  if (packageName.test(name) && name.length <= 63 && !reservedNames.has(name)) return;
  throw new ParleyError(
    'INVALID_PARAMS',
    `${JSON.stringify(name)} cannot be a package's name. Use lower-case letters, digits and hyphens, a letter first, at most 63.`,
    { details: { name } },
  );
}

import { isObject, ParleyError } from '../../base/index.ts';
import type { PackageSource } from '../deployments/model.ts';

/** One version of a package that a registry offers. */
export interface RegistryEntry {
  readonly name: string;
  readonly version: string;
  readonly source: PackageSource;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Text of its detached signature; undefined: what lies beside the package. */
  readonly signature: string | undefined;
}

/** What a registry offers. */
export interface RegistryIndex {
  readonly entries: readonly RegistryEntry[];
  /** What was left out, and why. */
  readonly problems: readonly string[];
}

const maxEntries = 10_000;
const maxProblems = 20;
const namePattern = /^[a-z][a-z0-9-]{0,127}$/;

/** Pure: reads the JSON of an index; addresses in it are relative to its own. VALIDATION_FAILED when it is no index. */
export function parseRegistryIndex(text: string, baseUrl: string): RegistryIndex {
  const listed = readPackages(text);
  if (listed.length > maxEntries) throw notAnIndex(`it lists more than ${maxEntries} packages`);
  const entries: RegistryEntry[] = [];
  const problems: string[] = [];
  for (const [index, value] of listed.entries()) {
    const entry = readEntry(value, baseUrl);
    if (typeof entry !== 'string') entries.push(entry);
    else if (problems.length < maxProblems) problems.push(`packages[${index}] is left out: ${entry}.`);
  }
  return { entries, problems };
}

function readPackages(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notAnIndex('it is not JSON', cause);
  }
  if (isObject(value) && Array.isArray(value['packages'])) return value['packages'];
  throw notAnIndex('it has no list "packages"');
}

function readEntry(value: unknown, baseUrl: string): RegistryEntry | string {
  if (!isObject(value)) return 'it is not an object';
  const { name, version, url, sha256, signature } = value;
  if (typeof name !== 'string' || !namePattern.test(name)) return 'its name cannot be one';
  if (typeof version !== 'string' || version === '' || version.length > 128) return 'its version cannot be one';
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) return 'its sha256 is not 64 hex digits';
  const target = typeof url === 'string' ? URL.parse(url, baseUrl) : null;
  if (target === null || !/^https?:$/.test(target.protocol)) return 'its url is no http address';
  const text = signature === undefined ? undefined : JSON.stringify(signature);
  const source = { kind: 'url', url: target.href } as const;
  return { name, version, source, sha256: sha256.toLowerCase(), signature: text };
}

function notAnIndex(why: string, cause?: unknown): ParleyError {
  const form = '{"packages": [{"name", "version", "url", "sha256"}]}';
  return new ParleyError('VALIDATION_FAILED', `The registry of packages has no index: ${why}. It must be ${form}.`, {
    cause,
  });
}

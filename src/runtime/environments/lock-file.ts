import { isObject } from '../../base/index.ts';
import { createEnvironmentError } from './environment-error.ts';

/** What a lock file says beside itself. */
export interface LockFacts {
  /** Files of the package that hold dependencies, relative to it. */
  readonly files: readonly string[];
}

/**
 * Pure: checks the text of a package-lock.json. ENVIRONMENT_FAILED when it is none, or names what npm would run code for (a
 * repository), or a folder in or outside of the package.
 */
export function readLockFile(text: string, packageId: string): LockFacts {
  const entries = Object.entries(parsePackages(text, packageId));
  const files = entries.flatMap(([place, entry]) => (place === '' ? [] : checkEntry(place, entry, packageId)));
  return { files: [...new Set(files)].sort() };
}

function parsePackages(text: string, packageId: string): Readonly<Record<string, unknown>> {
  const value = parse(text);
  const packages = isObject(value) ? value['packages'] : undefined;
  if (isObject(packages)) return packages;
  throw createEnvironmentError(
    `The lock file of ${packageId} cannot be read; make it anew with "npm install --package-lock-only" and pack again.`,
  );
}

function checkEntry(place: string, entry: unknown, packageId: string): readonly string[] {
  const resolved = isObject(entry) ? entry['resolved'] : undefined;
  const linked = isObject(entry) && entry['link'] === true;
  if (resolved === undefined && !linked) return [];
  const address = String(resolved);
  const file = address.startsWith('file:') ? address.slice('file:'.length) : undefined;
  if (!linked && file !== undefined && isInside(file)) return [file];
  if (!linked && /^https?:\/\//.test(address)) return [];
  throw createEnvironmentError(
    `${place} in the lock file of ${packageId} is neither from a registry nor a file of the package; use a published version, or a file that "npm pack" has made.`,
  );
}

function isInside(file: string): boolean {
  return file !== '' && !file.startsWith('/') && !/[\\\0]/.test(file) && !file.split('/').includes('..');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import type { LocalSource } from '../deployments/model.ts';
import { toWriteError } from '../packages/write-error.ts';
import type { PackageCache } from './package-cache.ts';

/** A package that lies on this node's disk and stays there until it is released. */
export interface LocalPackage {
  readonly source: LocalSource;
  /** May be called more than once. */
  release(): void;
}

/** The package of that digest, held, when the cache has it whole. */
export async function findHeld(cache: PackageCache, sha256: string): Promise<LocalPackage | undefined> {
  const release = cache.hold(sha256);
  const path = await cache.find(sha256);
  if (path !== undefined) return { source: { kind: 'file', path }, release };
  release();
  return undefined;
}

/** Takes a finished file into the cache, and holds it. */
export async function adoptHeld(cache: PackageCache, partial: string, sha256: string): Promise<LocalPackage> {
  const release = cache.hold(sha256);
  try {
    return { source: { kind: 'file', path: await cache.adopt(partial, sha256) }, release };
  } catch (thrown) {
    release();
    throw toWriteError(partial, thrown);
  }
}

import { createHash } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, ParleyError } from '../../base/index.ts';
import type { DeploymentView } from '../deployments/model.ts';
import { readInventory } from '../packages/inventory.ts';
import { readPackage } from '../packages/read-package.ts';
import { toWriteError } from '../packages/write-error.ts';
import { adoptHeld } from './cached-package.ts';
import type { PackageCache } from './package-cache.ts';
import type { PackageSettings } from './package-settings.ts';

/** A package that was uploaded; it is deployed by its digest. */
export interface UploadedPackage {
  readonly sha256: string;
  readonly size: number;
  /** `name@version`. */
  readonly packageId: string;
  readonly name: string;
  readonly version: string;
  readonly warnings: readonly string[];
}

/** A package that this node has. */
export interface PackageView {
  readonly digest: string;
  /** Undefined for one that was fetched and never read. */
  readonly packageId: string | undefined;
  /** Of the file in the cache; undefined when it is not there any more. */
  readonly size: number | undefined;
  /** Where it was fetched from, without what may be secret. */
  readonly from: string | undefined;
  readonly cached: boolean;
  readonly installed: boolean;
  readonly lastUsedAtMs: number | undefined;
  /** The deployments that are of it. */
  readonly deployments: readonly string[];
}

/** The packages of a node, beside what is deployed of them. */
export interface PackageLibrary {
  /**
   * Takes in a package as it comes and checks it; nothing of a refused one stays. Errors: PAYLOAD_TOO_LARGE, QUEUE_FULL (too
   * many at once), PACKAGE_INVALID, MANIFEST_INVALID, STORE_FULL, or what the chunks throw.
   */
  upload(chunks: AsyncIterable<Uint8Array>): Promise<UploadedPackage>;
  /** What is in the cache or installed, by name. */
  list(): Promise<readonly PackageView[]>;
  /** The next deployment from that address fetches the package anew, whatever is kept of it. */
  forget(url: string): Promise<void>;
}

export interface PackageLibraryOptions {
  readonly cache: PackageCache;
  readonly packages: PackageSettings;
  readonly packagesFolder: string;
  deployments(): readonly DeploymentView[];
}

const uploadsAtOnce = 4;

/** The library over the cache and the folder of installed packages. */
export function createPackageLibrary(options: PackageLibraryOptions): PackageLibrary {
  let uploads = 0;
  return {
    async upload(chunks) {
      if (uploads >= uploadsAtOnce) {
        const message = `${uploadsAtOnce} packages are being uploaded; try again in a moment.`;
        throw new ParleyError('QUEUE_FULL', message, { retryAfterMs: 1_000 });
      }
      uploads++;
      try {
        return await takeIn(options, chunks);
      } finally {
        uploads--;
      }
    },
    list: () => list(options),
    forget: (url) => options.cache.forget(url),
  };
}

async function takeIn(
  { cache, packages }: PackageLibraryOptions,
  chunks: AsyncIterable<Uint8Array>,
): Promise<UploadedPackage> {
  const path = cache.createPartial();
  try {
    const { sha256, size } = await receive(chunks, path, packages.maxBytes);
    const limits = { packageBytes: packages.maxBytes };
    const { manifest, warnings } = await readPackage({ kind: 'file', path }, { limits, expectedSha256: sha256 });
    const { release } = await adoptHeld(cache, path, sha256);
    release();
    const { packageId, name, version } = manifest;
    await cache.note(sha256, { packageId });
    return { sha256, size, packageId, name, version, warnings };
  } finally {
    await rm(path, { force: true });
  }
}

async function receive(
  chunks: AsyncIterable<Uint8Array>,
  path: string,
  maxBytes: number,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  await using file = await open(path, 'wx', 0o600);
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    hash.update(chunk);
    await file.writeFile(chunk).catch((thrown: unknown) => {
      throw toWriteError(path, thrown);
    });
  }
  return { sha256: hash.digest('hex'), size };
}

function tooLarge(maxBytes: number): ParleyError {
  const message = `The package has more than ${maxBytes} bytes; make it smaller or raise packages.maxBytes.`;
  return new ParleyError('PAYLOAD_TOO_LARGE', message, { details: { limit: maxBytes } });
}

async function list({ cache, packagesFolder, deployments }: PackageLibraryOptions): Promise<readonly PackageView[]> {
  const views = new Map<string, PackageView>();
  const used = deployments();
  const users = (digest: string): readonly string[] => {
    return used.filter(({ packageDigest }) => packageDigest === digest).map(({ id }) => id);
  };
  const none = { packageId: undefined, size: undefined, from: undefined, lastUsedAtMs: undefined };
  for (const { sha256: digest, ...cached } of await cache.list()) {
    views.set(digest, { digest, ...cached, cached: true, installed: false, deployments: users(digest) });
  }
  for (const { digest, packageId } of await listInstalled(packagesFolder)) {
    const known = views.get(digest) ?? { digest, ...none, cached: false, deployments: users(digest) };
    views.set(digest, { ...known, packageId, installed: true });
  }
  const name = ({ packageId = '' }: PackageView): string => packageId;
  return [...views.values()].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

async function listInstalled(folder: string): Promise<readonly { digest: string; packageId: string }[]> {
  const found: { digest: string; packageId: string }[] = [];
  for (const packageId of await readNames(folder)) {
    if (packageId.startsWith('.')) continue;
    for (const name of await readNames(join(folder, packageId))) {
      const inventory = await readInventory(join(folder, packageId, name));
      if (inventory !== undefined) found.push({ digest: inventory.digest, packageId });
    }
  }
  return found;
}

async function readNames(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT') || isSystemError(thrown, 'ENOTDIR')) return [];
    throw thrown;
  }
}

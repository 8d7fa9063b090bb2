import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open as openFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createShortId, isSystemError } from '../../base/index.ts';
import { exposeSurfaces, readDeployJson } from './deploy-json.ts';
import { findDamage, type Inventory, type InventoryFile, inventoryPath, readInventory } from './inventory.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest } from './manifest-model.ts';
import type { PackageContent, PackageFile } from './package-content.ts';
import { createPackageError } from './package-error.ts';
import type { PackageLimits } from './package-limits.ts';
import { type CheckedPackage, openContent, resolveLimits, settleUi } from './read-package.ts';
import { readSmallFile } from './small-file.ts';
import { sweepLeftovers, temporaryPrefix } from './sweep-leftovers.ts';
import { toWriteError } from './write-error.ts';

/** Where a package goes and what it may cost. */
export interface InstallOptions {
  /** Made when it is missing, with mode 0700. */
  readonly packagesFolder: string;
  readonly limits?: Partial<PackageLimits>;
}

/** A package on disk, whole and ready to be started. */
export interface InstalledPackage {
  /** The package's root: agent.yaml lies in it. Its name ends with the first 12 digits of the digest. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly packageId: string;
  readonly digest: string;
  readonly warnings: readonly string[];
}

/** Files that are flushed to the disk at the same time. */
const syncBatch = 16;

interface Extraction {
  readonly content: PackageContent;
  readonly folder: string;
  readonly limits: PackageLimits;
  readonly program: string | undefined;
  unpacked: number;
}

function countBytes(extraction: Extraction, file: PackageFile, bytes: number): void {
  extraction.unpacked += bytes;
  if (extraction.unpacked > extraction.limits.unpackedBytes)
    throw createPackageError(`The package unpacks to more than ${extraction.limits.unpackedBytes} bytes.`, {
      reason: 'unpacked-too-large',
      entry: file.name,
    });
}

async function writeContent(extraction: Extraction, file: PackageFile, target: FileHandle): Promise<InventoryFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of extraction.content.open(file.name)) {
    countBytes(extraction, file, chunk.length);
    hash.update(chunk);
    await target.writeFile(chunk);
    size += chunk.length;
  }
  return { name: file.name, size, sha256: hash.digest('hex') };
}

async function extractFile(extraction: Extraction, file: PackageFile): Promise<InventoryFile> {
  const path = join(extraction.folder, file.name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const executable = file.executable || file.name === extraction.program;
  const target = await openFile(path, 'wx', executable ? 0o700 : 0o600);
  try {
    return await writeContent(extraction, file, target);
  } finally {
    await target.close();
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await openFile(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncAll(folder: string, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += syncBatch)
    await Promise.all(names.slice(from, from + syncBatch).map((name) => syncPath(join(folder, name))));
}

async function writeInventory(folder: string, inventory: Inventory): Promise<void> {
  const path = inventoryPath(folder);
  await mkdir(dirname(path), { mode: 0o700 });
  const handle = await openFile(path, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify(inventory));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function extractAll(extraction: Extraction, checked: CheckedPackage): Promise<void> {
  const { content, folder } = extraction;
  const folders = content.files.filter((file) => file.directory).map((file) => file.name);
  const files: InventoryFile[] = [];
  for (const name of folders) await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  for (const file of content.files) if (!file.directory) files.push(await extractFile(extraction, file));
  await syncAll(folder, [...files.map((file) => file.name), ...folders, '']);
  await writeInventory(folder, { format: 1, digest: checked.digest, warnings: checked.warnings, files });
}

function programOf({ entry }: Manifest): string | undefined {
  const first = entry.kind === 'program' ? entry.command[0] : undefined;
  return first?.startsWith('./') ? first.slice(2) : undefined;
}

async function extractInto(checked: CheckedPackage, folder: string, limits: PackageLimits): Promise<void> {
  const content = await openContent(checked.source, limits);
  try {
    if (content.digest !== checked.digest)
      throw createPackageError(`${checked.source.path} changed after it was checked. Deploy it again.`, {
        reason: 'changed',
      });
    await extractAll({ content, folder, limits, program: programOf(checked.manifest), unpacked: 0 }, checked);
  } finally {
    await content.close();
  }
}

async function isWhole(folder: string, digest: string): Promise<boolean> {
  const inventory = await readInventory(folder);
  return inventory?.digest === digest && (await findDamage(folder, inventory, 'content')) === undefined;
}

/** Puts the finished folder into place. Somebody else's whole installation of the same package wins; a damaged one goes. */
async function place(fresh: string, folder: string, digest: string): Promise<void> {
  for (;;) {
    try {
      await rename(fresh, folder);
      return await syncPath(dirname(folder));
    } catch (error) {
      if (!isSystemError(error, 'ENOTEMPTY') && !isSystemError(error, 'EEXIST')) throw error;
    }
    if (await isWhole(folder, digest)) return;
    await discard(folder);
  }
}

/** Moves a folder aside in one step and then removes it: nobody sees half of it. */
async function discard(folder: string): Promise<void> {
  const aside = join(dirname(folder), `${temporaryPrefix}${createShortId()}`);
  await rename(folder, aside).catch((error: unknown) => {
    if (!isSystemError(error, 'ENOENT')) throw error;
  });
  await rm(aside, { recursive: true, force: true });
}

async function install(checked: CheckedPackage, folder: string, limits: PackageLimits): Promise<void> {
  const fresh = join(dirname(folder), `${temporaryPrefix}${createShortId()}`);
  try {
    await sweepLeftovers(dirname(folder), Date.now());
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    await extractInto(checked, fresh, limits);
    await place(fresh, folder, checked.digest);
  } catch (error) {
    throw toWriteError(folder, error);
  } finally {
    // What cannot be removed now is swept by a later installation; the error that led here counts.
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Extracts a checked package to `packagesFolder/name@version/digest12`, which appears there in one step and whole, or not at
 * all. Doing it again costs one verification; what is damaged or half there is replaced. Throws PACKAGE_INVALID when the
 * source is not what was checked, or its files are not what they say; STORE_FULL or INTERNAL when it cannot be written.
 */
export async function installPackage(checked: CheckedPackage, options: InstallOptions): Promise<InstalledPackage> {
  const { manifest, digest, warnings } = checked;
  const folder = join(options.packagesFolder, manifest.packageId, digest.slice(0, 12));
  if (!(await isWhole(folder, digest))) await install(checked, folder, resolveLimits(options.limits));
  return { folder, manifest, packageId: manifest.packageId, digest, warnings };
}

/** The package that `installPackage` left in `folder`, with the surfaces that its deploy.json exposes. Throws PACKAGE_INVALID when a file is missing or has another size. */
export async function loadInstalled(folder: string): Promise<InstalledPackage> {
  const inventory = await readInventory(folder);
  const damage = inventory && (await findDamage(folder, inventory, 'sizes'));
  if (inventory === undefined || damage !== undefined) {
    const what = damage === undefined ? 'is not whole' : `is damaged: ${damage} is missing or altered`;
    throw createPackageError(`The installed package ${folder} ${what}. Deploy it again.`, { reason: 'damaged' });
  }
  const text = await readSmallFile(join(folder, 'agent.yaml'), resolveLimits().manifestBytes);
  const files = inventory.files.map(({ name, size }) => ({ name, size, directory: false, executable: false }));
  const { expose } = await readDeployJson(folder);
  const manifest = exposeSurfaces(settleUi(parseManifest(text ?? ''), files), expose);
  return { folder, manifest, packageId: manifest.packageId, digest: inventory.digest, warnings: inventory.warnings };
}

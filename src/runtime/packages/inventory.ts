import { createHash } from 'node:crypto';
import { lstat, open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../base/index.ts';
import { reservedFolder } from './entry-names.ts';
import { readRange } from './read-range.ts';
import { readSmallFile } from './small-file.ts';

/** What an installed package consists of; written last, so that it is there only when everything else is. */
export interface Inventory {
  readonly format: 1;
  /** Digest of the package that was installed. */
  readonly digest: string;
  readonly warnings: readonly string[];
  readonly files: readonly InventoryFile[];
}

/** One extracted file. */
export interface InventoryFile {
  readonly name: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

const maxInventoryBytes = 16 * 1024 * 1024;

/** Where the inventory of an installed package lies. */
export function inventoryPath(folder: string): string {
  return join(folder, reservedFolder, 'inventory.json');
}

function isInventory(value: unknown): value is Inventory {
  return (
    isObject(value) && value['format'] === 1 && typeof value['digest'] === 'string' && Array.isArray(value['files'])
  );
}

/** The inventory of an installed package, or undefined when the installation is not whole. */
export async function readInventory(folder: string): Promise<Inventory | undefined> {
  try {
    const value: unknown = JSON.parse((await readSmallFile(inventoryPath(folder), maxInventoryBytes)) ?? 'null');
    return isInventory(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function hasSize(path: string, size: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === size;
}

async function hashFile(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  const handle = await openFile(path);
  try {
    for await (const chunk of readRange(handle, 0, size)) hash.update(chunk);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/**
 * The first file of the inventory that is missing or altered, or undefined. `sizes` only looks at the sizes: cheap enough
 * for every start. What the agent has added since (caches, data) is not looked at.
 */
export async function findDamage(
  folder: string,
  inventory: Inventory,
  depth: 'sizes' | 'content',
): Promise<string | undefined> {
  for (const { name, size, sha256 } of inventory.files) {
    const path = join(folder, name);
    if (!(await hasSize(path, size))) return name;
    if (depth === 'content' && (await hashFile(path, size)) !== sha256) return name;
  }
  return undefined;
}

import type { Stats } from 'node:fs';
import { chmod, lchown, lstat, mkdir, readdir, unlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

const passMode = 0o710;
const readMode = 0o750;

/** Below what may be opened, and to whom. */
export interface Opening {
  /** Everything in it that is not opened stays the node's own. */
  readonly dataFolder: string;
  readonly gid: number;
}

/**
 * Lets the group read `folder` and what is in it, without writing, and pass through the folders on the way from the data
 * folder, without listing them. The top is opened last: a folder that looks open is open. Outside the data folder nothing is
 * touched.
 */
export async function openToGroup(opening: Opening, folder: string): Promise<void> {
  if (!isInside(opening.dataFolder, folder)) return;
  for (const way of waysTo(opening.dataFolder, dirname(folder))) await openPass(way, opening.gid);
  const top = await lstat(folder);
  if (isOpen(top, opening.gid, readMode)) return;
  await openTree(folder, top, opening.gid);
}

/** Takes away every right of others, and of the group where it is not the one the folder is opened to. */
export async function closeToOthers({ dataFolder, gid }: Opening): Promise<void> {
  for (const name of await readdir(dataFolder)) {
    const path = join(dataFolder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || stats.isSymbolicLink() || isOpen(stats, gid, passMode)) continue;
    if ((stats.mode & 0o077) !== 0) await chmod(path, stats.mode & 0o700).catch(() => {});
  }
  await openPass(dataFolder, gid);
}

/** A folder of the user's own, with a folder `tmp` in it: nobody else may look into them. */
export async function makeHome(opening: Opening, home: string, uid: number): Promise<void> {
  const { gid } = opening;
  await mkdir(home, { recursive: true, mode: 0o700 });
  for (const way of waysTo(opening.dataFolder, dirname(home))) await openPass(way, gid);
  await mkdir(join(home, 'tmp'), { recursive: true, mode: 0o700 });
  await lchown(join(home, 'tmp'), uid, gid);
  const { uid: owner } = await lstat(home);
  if (owner === uid) return;
  await giveTree(home, uid, gid);
  await chmod(home, 0o700);
}

/** Gives a folder of the data folder, with all that is in it, to the user, who may pass through the folders on the way. */
export async function lendFolder({ dataFolder, gid }: Opening, folder: string, uid: number): Promise<void> {
  for (const way of waysTo(dataFolder, dirname(folder))) await openPass(way, gid);
  await giveTree(folder, uid, gid);
}

/**
 * Makes a folder that was lent the node's own again; one that was not is left as it is. Processes of its user may still be at work
 * in it: it is taken from the top down, so that nothing can be exchanged below what is taken already. What is of a third user,
 * as a hard link to a file elsewhere is, is removed.
 */
export async function takeFolderBack(folder: string): Promise<void> {
  const { uid } = await lstat(folder);
  if (uid !== process.getuid?.()) await takeTree(folder, uid);
}

function isInside(outer: string, inner: string): boolean {
  const way = relative(outer, inner);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}

function waysTo(from: string, to: string): readonly string[] {
  const names = relative(from, to).split(sep).filter(Boolean);
  return [from, ...names.map((_, index) => join(from, ...names.slice(0, index + 1)))];
}

function isOpen(stats: Stats, gid: number, mode: number): boolean {
  return stats.isDirectory() && stats.gid === gid && (stats.mode & 0o777) === mode;
}

async function openPass(path: string, gid: number): Promise<void> {
  const stats = await lstat(path);
  if (isOpen(stats, gid, passMode)) return;
  await lchown(path, stats.uid, gid);
  await chmod(path, passMode);
}

/** The group may do what the owner may, but write. Links are not followed. */
async function openTree(path: string, stats: Stats, gid: number): Promise<void> {
  if (stats.isDirectory()) {
    for (const name of await readdir(path)) await openTree(join(path, name), await lstat(join(path, name)), gid);
  }
  await lchown(path, stats.uid, gid);
  if (stats.isSymbolicLink()) return;
  const owner = stats.mode & 0o700;
  await chmod(path, owner | ((owner >> 3) & 0o050));
}

/** Modes stay as they are: what is in the folder is its user's, who may have put links there. */
async function giveTree(path: string, uid: number, gid: number): Promise<void> {
  if ((await lstat(path)).isDirectory())
    for (const name of await readdir(path)) await giveTree(join(path, name), uid, gid);
  await lchown(path, uid, gid);
}

async function takeTree(path: string, from: number): Promise<void> {
  const stats = await lstat(path);
  if (stats.uid !== from) return unlink(path);
  await lchown(path, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  if (!stats.isDirectory()) return;
  await chmod(path, 0o700);
  for (const name of await readdir(path)) await takeTree(join(path, name), from);
}

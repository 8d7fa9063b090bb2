import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open as openFile, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isSystemError, ParleyError } from '../../base/index.ts';
import { createEntryNames, type EntryNames } from './entry-names.ts';
import { createIgnoreRules, type IgnoreRules } from './ignore-rules.ts';
import { compareNames, type PackageContent, type PackageFile } from './package-content.ts';
import { createPackageError } from './package-error.ts';
import { defaultPackageLimits, type PackageLimits } from './package-limits.ts';
import { readRange } from './read-range.ts';
import { readSmallFile } from './small-file.ts';

const lockFiles = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'];

interface Walk {
  readonly root: string;
  readonly limits: PackageLimits;
  readonly ignored: IgnoreRules;
  readonly names: EntryNames;
  readonly files: PackageFile[];
  unpacked: number;
}

function count(walk: Walk, file: PackageFile): void {
  walk.names.add(file.name, file.directory);
  walk.files.push(file);
  walk.unpacked += file.size;
  if (walk.files.length > walk.limits.entries)
    throw createPackageError(
      `${walk.root} has more than ${walk.limits.entries} entries. Name what does not belong to the package in .apkgignore.`,
      { reason: 'too-many-entries', entry: file.name },
    );
  if (walk.unpacked > walk.limits.unpackedBytes)
    throw createPackageError(
      `${walk.root} has more than ${walk.limits.unpackedBytes} bytes. Name what does not belong to the package in .apkgignore.`,
      { reason: 'unpacked-too-large', entry: file.name },
    );
}

/** A link is followed only to a plain file of the same folder: what is packed is then that file. */
async function checkLink(walk: Walk, name: string): Promise<void> {
  const target = await realpath(join(walk.root, name)).catch(() => undefined);
  if (target?.startsWith(walk.root + sep) && (await stat(target)).isFile()) return;
  throw createPackageError(`${name} is a link that does not lead to a file of the folder. Replace it by the file.`, {
    reason: 'link',
    entry: name,
  });
}

async function visit(walk: Walk, name: string): Promise<void> {
  const found = await lstat(join(walk.root, name));
  const directory = found.isDirectory();
  if (walk.ignored(name, directory)) return;
  if (found.isSymbolicLink()) await checkLink(walk, name);
  else if (!directory && !found.isFile())
    throw createPackageError(`${name} is neither a file nor a folder. Take it out of the package.`, {
      reason: 'special-file',
      entry: name,
    });
  if (directory) {
    count(walk, { name, directory, size: 0, executable: false });
    return visitFolder(walk, name);
  }
  const { size, mode } = await stat(join(walk.root, name));
  count(walk, { name, directory, size, executable: (mode & 0o100) !== 0 });
}

async function visitFolder(walk: Walk, name: string): Promise<void> {
  const children = await readdir(join(walk.root, name));
  for (const child of children) await visit(walk, name === '' ? child : `${name}/${child}`);
}

/** What `.apkgignore` and the ignore-rules leave out of the package in this folder. Throws when the folder cannot be read. */
export async function readIgnoreRules(
  root: string,
  limits: PackageLimits = defaultPackageLimits,
): Promise<IgnoreRules> {
  const ignoreFile = (await readSmallFile(join(root, '.apkgignore'), limits.manifestBytes)) ?? '';
  const children = await readdir(root);
  // With a lock file the modules can be installed from it; without one, what is there is all there is.
  const installable = children.includes('package.json') && lockFiles.some((file) => children.includes(file));
  return createIgnoreRules(ignoreFile, installable ? ['/node_modules/'] : []);
}

async function* readListed(root: string, file: PackageFile): AsyncGenerator<Uint8Array> {
  // Links were resolved when the folder was listed; one that came since is caught by the digest.
  const handle = await openFile(join(root, file.name), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    let size = 0;
    for await (const chunk of readRange(handle, 0, file.size + 1)) {
      size += chunk.length;
      if (size <= file.size) yield chunk;
    }
    if (size !== file.size)
      throw createPackageError(`${file.name} changed while it was read. Try again when nothing writes to the folder.`, {
        reason: 'changed',
        entry: file.name,
      });
  } finally {
    await handle.close();
  }
}

async function hashFolder(root: string, files: readonly PackageFile[]): Promise<string> {
  const all = createHash('sha256').update('parley-folder-1\n');
  for (const file of files) {
    const one = createHash('sha256');
    if (!file.directory) for await (const chunk of readListed(root, file)) one.update(chunk);
    const kind = file.directory ? 'd' : file.executable ? 'x' : 'f';
    all.update(`${kind} ${file.size} ${one.digest('hex')} ${file.name}\n`);
  }
  return all.digest('hex');
}

function asPackageError(path: string, error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  const why = isSystemError(error, 'ENOENT') ? 'is not there' : 'cannot be read';
  return createPackageError(`The folder ${path} or a file in it ${why}. Check the path and the rights.`, {
    reason: 'unreadable',
    cause: error,
  });
}

async function listFolder(
  path: string,
  limits: PackageLimits,
): Promise<{ root: string; files: readonly PackageFile[] }> {
  const root = await realpath(path);
  if (!(await stat(root)).isDirectory())
    throw createPackageError(`${path} is not a folder. Give the folder that holds agent.yaml.`, {
      reason: 'not-a-package',
    });
  const names = createEntryNames(limits.nameBytes);
  const walk: Walk = { root, limits, ignored: await readIgnoreRules(root, limits), names, files: [], unpacked: 0 };
  await visitFolder(walk, '');
  return { root, files: walk.files.sort(compareNames) };
}

/**
 * Opens a folder as the package that `packFolder` would make of it: the same rules for names, links and sizes, without what
 * `.apkgignore` and ignore-rules leave out. Throws PACKAGE_INVALID.
 */
export async function openFolderContent(path: string, limits: PackageLimits): Promise<PackageContent> {
  try {
    const { root, files } = await listFolder(path, limits);
    const byName = new Map(files.map((file) => [file.name, file]));
    return {
      files,
      digest: await hashFolder(root, files),
      open(name) {
        const file = byName.get(name);
        if (file !== undefined) return readListed(root, file);
        throw createPackageError(`${name} is not in ${path}.`, { reason: 'unreadable', entry: name });
      },
      close: async () => undefined,
    };
  } catch (error) {
    throw asPackageError(path, error);
  }
}

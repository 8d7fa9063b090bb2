import { createHash } from 'node:crypto';
import { type FileHandle, open as openFile, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { ZipFile } from 'yazl';
import { createShortId } from '../../base/index.ts';
import type { PackageContent, PackageFile } from './package-content.ts';
import { createPackageError } from './package-error.ts';
import { type CheckedPackage, openContent, readPackage, resolveLimits } from './read-package.ts';
import { toWriteError } from './write-error.ts';

/** An `.apkg` that was written. */
export interface PackedPackage {
  /** Absolute path. */
  readonly file: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly size: number;
  /** Names in the package, folders with a trailing slash. */
  readonly files: readonly string[];
  /** What is odd and yet packed. */
  readonly warnings: readonly string[];
}

// The zip format counts in local time from 1980 on: this gives the same bytes in every time zone.
const fixedTime = new Date(1980, 0, 1);
const folderMode = 0o40755;
const fileMode = 0o100644;
const programMode = 0o100755;

function addFile(zip: ZipFile, content: PackageContent, file: PackageFile): void {
  const options = {
    mtime: fixedTime,
    forceDosTimestamp: true,
    mode: file.executable ? programMode : fileMode,
    size: file.size,
  };
  zip.addReadStreamLazy(file.name, options, (done) => {
    const stream = Readable.from(content.open(file.name));
    // The zip writer pipes and does not look at the source's errors.
    stream.once('error', (error) => zip.emit('error', error));
    done(null, stream);
  });
}

async function createZip(content: PackageContent): Promise<Readable> {
  const { ZipFile: Zip } = await import('yazl');
  const zip = new Zip();
  const output = zip.outputStream as Readable;
  zip.once('error', (error: Error) => output.destroy(error));
  for (const file of content.files)
    if (file.directory)
      zip.addEmptyDirectory(file.name, { mtime: fixedTime, mode: folderMode, forceDosTimestamp: true });
    else addFile(zip, content, file);
  zip.end();
  return output;
}

async function writeZip(
  content: PackageContent,
  handle: FileHandle,
  maxBytes: number,
): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of (await createZip(content)) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes)
      throw createPackageError(
        `The package is larger than ${maxBytes} bytes. Name what does not belong to it in .apkgignore.`,
        {
          reason: 'package-too-large',
        },
      );
    hash.update(chunk);
    await handle.writeFile(chunk);
  }
  await handle.sync();
  return { sha256: hash.digest('hex'), size };
}

async function writeAtomically(content: PackageContent, file: string): Promise<{ sha256: string; size: number }> {
  const fresh = `${file}.${createShortId()}.part`;
  const handle = await openFile(fresh, 'wx');
  try {
    const written = await writeZip(content, handle, resolveLimits().packageBytes);
    await rename(fresh, file);
    return written;
  } finally {
    await handle.close();
    await rm(fresh, { force: true });
  }
}

async function resolveOutFile(outFile: string | undefined, checked: CheckedPackage): Promise<string> {
  const name = `${checked.manifest.name}-${checked.manifest.version}.apkg`;
  if (outFile === undefined) return resolve(name);
  const isFolder = await stat(outFile).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return resolve(isFolder ? join(outFile, name) : outFile);
}

function warnOfSecrets(checked: CheckedPackage): readonly string[] {
  const secret = checked.files.some((file) => file.name === '.env');
  return secret
    ? [...checked.warnings, '.env is packed: whoever has the package can read its values']
    : checked.warnings;
}

/**
 * Checks a folder and packs it as `name-version.apkg`, in `outFile` (a file, or an existing folder; default: the current
 * folder). The same content gives the same bytes, whenever and by whom it is packed. Throws PACKAGE_INVALID or
 * MANIFEST_INVALID; STORE_FULL or INTERNAL when the file cannot be written.
 */
export async function packFolder(folder: string, outFile?: string): Promise<PackedPackage> {
  const source = { kind: 'folder', path: folder } as const;
  const checked = await readPackage(source);
  const file = await resolveOutFile(outFile, checked);
  const content = await openContent(source, resolveLimits());
  try {
    const written = await writeAtomically(content, file).catch((error: unknown) => {
      throw toWriteError(file, error);
    });
    const files = content.files.map((entry) => (entry.directory ? `${entry.name}/` : entry.name));
    return { file, ...written, files, warnings: warnOfSecrets(checked) };
  } finally {
    await content.close();
  }
}

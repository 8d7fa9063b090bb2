import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, type ZipFile } from 'yauzl';
import { isSystemError, ParleyError } from '../../base/index.ts';
import { createEntryNames } from './entry-names.ts';
import { FileRanges } from './file-ranges.ts';
import { compareNames, type PackageContent, type PackageFile } from './package-content.ts';
import { createPackageError, type PackageFault } from './package-error.ts';
import type { PackageLimits } from './package-limits.ts';
import { readRange } from './read-range.ts';

const unixHosts: ReadonlySet<number> = new Set([3, 19]);
const typeMask = 0o170000;
const fileType = 0o100000;
const folderType = 0o040000;
const linkType = 0o120000;

interface ListedEntry extends PackageFile {
  readonly entry: Entry;
}

function refuse(name: string, reason: PackageFault, message: string): never {
  throw createPackageError(`${name} in the package ${message}`, { reason, entry: name });
}

function decodeName(entry: Entry): string {
  return getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
}

function checkType(name: string, entry: Entry, directory: boolean): void {
  const type = (entry.externalFileAttributes >>> 16) & typeMask;
  if (type === linkType) refuse(name, 'link', 'is a link. Pack the file itself.');
  if (type === 0 || type === (directory ? folderType : fileType)) return;
  refuse(name, 'special-file', 'is neither a file nor a folder, or says it is both. Pack plain files only.');
}

function checkData(name: string, entry: Entry, directory: boolean): void {
  if (entry.isEncrypted()) refuse(name, 'encrypted', 'is encrypted. Pack it without a password.');
  if (!entry.canDecodeFileData())
    refuse(
      name,
      'compression-method',
      `uses compression method ${entry.compressionMethod}. Only store and deflate are read.`,
    );
  if (directory && entry.uncompressedSize > 0) refuse(name, 'damaged', 'is a folder with content. Pack it again.');
}

function checkEntry(entry: Entry, names: ReturnType<typeof createEntryNames>): ListedEntry {
  const raw = decodeName(entry);
  const directory = raw.endsWith('/');
  const name = directory ? raw.slice(0, -1) : raw;
  names.add(name, directory);
  checkType(name, entry, directory);
  checkData(name, entry, directory);
  const mode = unixHosts.has(entry.versionMadeBy >>> 8) ? entry.externalFileAttributes >>> 16 : 0;
  return { name, directory, size: entry.uncompressedSize, executable: !directory && (mode & 0o100) !== 0, entry };
}

function checkTotals(packed: number, unpacked: number, limits: PackageLimits): void {
  if (unpacked > limits.unpackedBytes)
    throw createPackageError(`The package unpacks to more than ${limits.unpackedBytes} bytes. Make it smaller.`, {
      reason: 'unpacked-too-large',
    });
  if (unpacked > limits.ratioFreeBytes && unpacked > packed * limits.ratio)
    throw createPackageError(
      `The package unpacks to more than ${limits.ratio} times its size. Pack it without filler.`,
      {
        reason: 'ratio',
      },
    );
}

async function listEntries(zip: ZipFile, size: number, limits: PackageLimits): Promise<readonly ListedEntry[]> {
  if (zip.entryCount > limits.entries)
    throw createPackageError(`The package has ${zip.entryCount} entries; at most ${limits.entries} are allowed.`, {
      reason: 'too-many-entries',
    });
  const names = createEntryNames(limits.nameBytes);
  const listed: ListedEntry[] = [];
  let packed = 0;
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    listed.push(checkEntry(entry, names));
    packed += entry.compressedSize;
    unpacked += entry.uncompressedSize;
    checkTotals(size, unpacked, limits);
  }
  if (packed > size)
    throw createPackageError('Entries of the package share the same bytes. Pack it again.', { reason: 'overlap' });
  return listed.sort(compareNames);
}

async function openHandle(path: string): Promise<FileHandle> {
  try {
    return await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const why = isSystemError(error, 'ENOENT') ? 'is not there' : 'cannot be opened';
    throw createPackageError(`The package ${path} ${why}. Check the path.`, { reason: 'unreadable', cause: error });
  }
}

function checkStats(path: string, stats: Stats, limits: PackageLimits): void {
  if (!stats.isFile())
    throw createPackageError(`${path} is not a file. Give an .apkg file or a folder.`, { reason: 'not-a-package' });
  if (stats.size > limits.packageBytes)
    throw createPackageError(`${path} has ${stats.size} bytes; a package may have ${limits.packageBytes}.`, {
      reason: 'package-too-large',
    });
}

async function hashFile(handle: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readRange(handle, 0, size)) hash.update(chunk);
  return hash.digest('hex');
}

function asPackageError(path: string, error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  const why = (error instanceof Error ? error.message : String(error)).replace(/\.+$/, '');
  return createPackageError(`${path} is not a readable zip: ${why}. Pack it again.`, {
    reason: 'damaged',
    cause: error,
  });
}

async function* wrapErrors(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw asPackageError(path, error);
  }
}

interface OpenedZip {
  readonly handle: FileHandle;
  readonly zip: ZipFile;
}

async function unpack({ handle, zip }: OpenedZip, entry: Entry): Promise<AsyncIterable<Uint8Array>> {
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = readRange(handle, fileDataStart, fileDataStart + entry.compressedSize);
  if (entry.compressionMethod === 0) return packed;
  // The iteration reports a failed pipeline; its own callback has nothing to add.
  return pipeline(packed, createInflateRaw(), () => undefined);
}

async function* readEntry(opened: OpenedZip, name: string, entry: Entry): AsyncGenerator<Uint8Array> {
  let size = 0;
  let crc = 0;
  for await (const chunk of await unpack(opened, entry)) {
    size += chunk.length;
    if (size > entry.uncompressedSize) refuse(name, 'damaged', 'is larger than it says. Do not trust this package.');
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== entry.uncompressedSize || crc !== entry.crc32)
    refuse(name, 'damaged', 'does not have the size or checksum that it says. Fetch the package again.');
}

async function readContent(path: string, handle: FileHandle, limits: PackageLimits): Promise<PackageContent> {
  const stats = await handle.stat();
  checkStats(path, stats, limits);
  const digest = await hashFile(handle, stats.size);
  const zip = await fromRandomAccessReaderPromise(new FileRanges(handle, stats.size), stats.size, {
    autoClose: false,
    decodeStrings: false,
  });
  const listed = await listEntries(zip, stats.size, limits);
  const entries = new Map(listed.map((file) => [file.name, file.entry]));
  return {
    files: listed.map(({ entry: _, ...file }) => file),
    digest,
    open(name) {
      const entry = entries.get(name);
      if (entry === undefined) return refuse(name, 'unreadable', 'is missing.');
      return wrapErrors(path, readEntry({ handle, zip }, name, entry));
    },
    close: () => handle.close(),
  };
}

/** Opens an `.apkg` and checks all of its directory before a byte is extracted. Throws PACKAGE_INVALID. */
export async function openZipContent(path: string, limits: PackageLimits): Promise<PackageContent> {
  const handle = await openHandle(path);
  try {
    return await readContent(path, handle, limits);
  } catch (error) {
    await handle.close();
    throw asPackageError(path, error);
  }
}

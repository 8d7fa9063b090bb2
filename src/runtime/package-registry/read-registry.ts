import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ParleyError } from '../../base/index.ts';
import { readPackage } from '../packages/read-package.ts';
import { readSmallText } from '../packages/small-file.ts';
import type { PackageFetcher } from '../sources/package-fetcher.ts';
import { parsePackageUrl } from '../sources/package-url.ts';
import { parseRegistryIndex, type RegistryEntry, type RegistryIndex } from './registry-index.ts';

/** Reads what a registry offers now. Errors say what could not be read, and why. */
export type ReadRegistry = (signal: AbortSignal) => Promise<RegistryIndex>;

const indexBytes = 4 * 1024 * 1024;
const timeoutMs = 20_000;

/** An index at an address; it is asked whether it has changed, and read again only then. */
export function createHttpRegistry(source: string, fetcher: PackageFetcher): ReadRegistry {
  const { href, shown, headers } = parsePackageUrl(source);
  let known: { readonly etag: string; readonly index: RegistryIndex } | undefined;
  return async (signal) => {
    const response = await fetcher.request({
      method: 'GET',
      url: href,
      headers: { ...headers, ...(known && { 'if-none-match': known.etag }) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      headTimeoutMs: timeoutMs,
      idleTimeoutMs: timeoutMs,
      maxBodyBytes: indexBytes,
      maxRedirects: 5,
    });
    if (response.status === 200) {
      const index = parseRegistryIndex(await readSmallText(response.body, shown, indexBytes), source);
      const { etag } = response.headers;
      known = etag === undefined ? undefined : { etag, index };
      return index;
    }
    await response.discard();
    if (response.status === 304 && known !== undefined) return known.index;
    throw new ParleyError(
      'UNREACHABLE',
      `The registry of packages at ${shown} answers with status ${response.status}.`,
    );
  };
}

/** A folder with `.apkg` files; a file that has not changed is not read again. */
export function createFolderRegistry(path: string, maxBytes: number): ReadRegistry {
  const folder = resolve(path);
  let known = new Map<string, { readonly stamp: string; readonly read: RegistryEntry | string }>();
  return async () => {
    const next: typeof known = new Map();
    for (const name of await listPackages(folder)) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (!found?.isFile()) continue;
      const stamp = `${found.mtimeMs} ${found.size} ${found.ino}`;
      const before = known.get(name);
      next.set(name, before?.stamp === stamp ? before : { stamp, read: await readEntry(path, maxBytes) });
    }
    known = next;
    const reads = [...known.values()].map(({ read }) => read);
    return {
      entries: reads.filter((read) => typeof read !== 'string'),
      problems: reads.filter((read) => typeof read === 'string'),
    };
  };
}

async function listPackages(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.apkg')).sort();
  } catch (cause) {
    throw new ParleyError('NOT_FOUND', `The registry of packages, the folder ${folder}, cannot be read.`, { cause });
  }
}

async function readEntry(path: string, maxBytes: number): Promise<RegistryEntry | string> {
  try {
    const source = { kind: 'file', path } as const;
    const { manifest, digest } = await readPackage(source, { limits: { packageBytes: maxBytes } });
    return { name: manifest.name, version: manifest.version, source, sha256: digest, signature: undefined };
  } catch (thrown) {
    return `${path} is left out: ${ParleyError.from(thrown).message}`;
  }
}

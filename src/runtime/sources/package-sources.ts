import { copyFile, rm, stat } from 'node:fs/promises';
import { type Clock, ParleyError } from '../../base/index.ts';
import type { LocalSource, PackageSource } from '../deployments/model.ts';
import { readSmallFile } from '../packages/small-file.ts';
import { toWriteError } from '../packages/write-error.ts';
import { adoptHeld, findHeld, type LocalPackage } from './cached-package.ts';
import { fetchPackage, fetchSignature } from './fetch-package.ts';
import { hashFile } from './hash-file.ts';
import type { PackageCache } from './package-cache.ts';
import type { PackageFetcher } from './package-fetcher.ts';
import type { PackageSettings } from './package-settings.ts';

/** What is to be brought to this node's disk. */
export interface SourceRequest {
  /** A URL is complete, with its secrets. */
  readonly source: PackageSource;
  /** The digest that the file must have, if one was asked for. */
  readonly sha256: string | undefined;
  readonly signal: AbortSignal;
  progress(receivedBytes: number, totalBytes: number | undefined): void;
}

/** How packages are brought to this node's disk. Errors say what was fetched from where, without secrets, and what to do. */
export interface PackageSources {
  /** A URL is fetched into the cache, an upload found there; a file whose signature counts is copied there first. */
  localize(request: SourceRequest): Promise<LocalPackage>;
  /** The text of the detached signature that lies beside the package; undefined when there is none. */
  readSignature(source: PackageSource, signal: AbortSignal): Promise<string | undefined>;
}

/** What the sources work with. */
export interface SourcesOptions {
  readonly cache: PackageCache;
  /** Unset: packages at URLs are refused. */
  readonly fetcher: PackageFetcher | undefined;
  readonly settings: PackageSettings;
  readonly clock: Clock;
}

const signatureBytes = 16 * 1024;

/** The four kinds of sources. */
export function createPackageSources(options: SourcesOptions): PackageSources {
  const { cache, settings, clock } = options;
  return {
    async localize({ source, ...request }) {
      if (source.kind === 'folder') return { source, release: () => {} };
      if (source.kind === 'file') return pinFile(options, source);
      if (source.kind === 'upload') return requireUpload(cache, source.sha256.toLowerCase());
      const fetcher = requireFetcher(options.fetcher);
      return fetchPackage({ cache, settings, clock, fetcher }, { ...request, url: source.url });
    },
    async readSignature(source, signal) {
      if (source.kind === 'file') return readSmallFile(`${source.path}.sig`, signatureBytes);
      if (source.kind !== 'url') return undefined;
      return fetchSignature(requireFetcher(options.fetcher), source.url, signal);
    },
  };
}

/** Where signatures count, the bytes that were verified must be those that are installed: nobody else writes to the cache. */
async function pinFile({ cache, settings }: SourcesOptions, source: LocalSource): Promise<LocalPackage> {
  const found = await stat(source.path).catch(() => undefined);
  const fits = found?.isFile() === true && found.size <= settings.maxBytes;
  if (settings.signatures.policy === 'off' || !fits) return { source, release: () => {} };
  const partial = cache.createPartial();
  try {
    await copyFile(source.path, partial);
    return await adoptHeld(cache, partial, (await hashFile(partial)) ?? '');
  } catch (thrown) {
    throw toWriteError(partial, thrown);
  } finally {
    await rm(partial, { force: true });
  }
}

async function requireUpload(cache: PackageCache, sha256: string): Promise<LocalPackage> {
  const found = await findHeld(cache, sha256);
  if (found !== undefined) return found;
  throw new ParleyError('NOT_FOUND', `There is no package ${sha256} on this node; upload it again.`);
}

function requireFetcher(fetcher: PackageFetcher | undefined): PackageFetcher {
  if (fetcher !== undefined) return fetcher;
  throw new ParleyError('UNSUPPORTED_OPERATION', 'This node fetches no packages from URLs; give a file or upload it.');
}

import { rm } from 'node:fs/promises';
import { type Clock, ParleyError } from '../../base/index.ts';
import { createPackageError } from '../packages/package-error.ts';
import { readSmallText } from '../packages/small-file.ts';
import { adoptHeld, findHeld, type LocalPackage } from './cached-package.ts';
import { type Downloaded, download } from './download.ts';
import type { PackageCache } from './package-cache.ts';
import type { PackageFetcher } from './package-fetcher.ts';
import type { PackageSettings } from './package-settings.ts';
import { parsePackageUrl, signatureUrlOf } from './package-url.ts';

/** What fetching works with. */
export interface FetchContext {
  readonly cache: PackageCache;
  readonly fetcher: PackageFetcher;
  readonly settings: PackageSettings;
  readonly clock: Clock;
}

/** A package at an address. */
export interface PackageAddress {
  /** Complete, with its secrets. */
  readonly url: string;
  readonly sha256: string | undefined;
  readonly signal: AbortSignal;
  progress(receivedBytes: number, totalBytes: number | undefined): void;
}

const signatureBytes = 16 * 1024;
const signatureTimeoutMs = 20_000;

/**
 * Brings the package into the cache. One whose digest is asked for and is there is not fetched; without a digest the other side
 * is asked whether it still has the same. Errors as `download` has them, and PACKAGE_INVALID for another digest.
 */
export async function fetchPackage(context: FetchContext, address: PackageAddress): Promise<LocalPackage> {
  const { cache } = context;
  const { url, sha256 } = address;
  if (sha256 !== undefined)
    return (await findHeld(cache, sha256.toLowerCase())) ?? fetchFresh(context, address, undefined);
  const recalled = await cache.recall(url);
  const copy = recalled?.etag === undefined ? undefined : await findHeld(cache, recalled.sha256);
  try {
    const fetched = await fetchFresh(context, address, copy && recalled?.etag, copy);
    if (fetched !== copy) copy?.release();
    return fetched;
  } catch (thrown) {
    copy?.release();
    throw thrown;
  }
}

async function fetchFresh(
  context: FetchContext,
  address: PackageAddress,
  knownEtag: string | undefined,
  copy?: LocalPackage,
): Promise<LocalPackage> {
  const { cache } = context;
  const partial = cache.createPartial();
  try {
    const brought = await bring(context, address, { partial, knownEtag });
    if (brought.kind === 'fetched') return await keep(cache, address, { partial, brought });
    if (copy !== undefined) return copy;
    throw new ParleyError('UNREACHABLE', 'The address has no package, and says that it has not changed.');
  } finally {
    await rm(partial, { force: true });
  }
}

function bring(
  { fetcher, clock, settings }: FetchContext,
  { url, signal, progress }: PackageAddress,
  { partial, knownEtag }: { readonly partial: string; readonly knownEtag: string | undefined },
): Promise<Downloaded> {
  const { maxBytes, downloadTimeoutMs: timeoutMs } = settings;
  const target = partial;
  return download({
    fetcher,
    clock,
    url: parsePackageUrl(url),
    target,
    knownEtag,
    maxBytes,
    timeoutMs,
    signal,
    progress,
  });
}

interface Brought {
  readonly partial: string;
  readonly brought: Extract<Downloaded, { kind: 'fetched' }>;
}

async function keep(
  cache: PackageCache,
  address: PackageAddress,
  { partial, brought }: Brought,
): Promise<LocalPackage> {
  const { url, sha256: expected } = address;
  const { sha256, etag } = brought;
  if (expected !== undefined && expected.toLowerCase() !== sha256) {
    throw createPackageError(`SHA256 verification failed. Expected: ${expected}, Got: ${sha256}`, { reason: 'digest' });
  }
  const local = await adoptHeld(cache, partial, sha256);
  await cache.remember(url, { sha256, etag });
  await cache.note(sha256, { from: parsePackageUrl(url).shown });
  return local;
}

/** The text at `<url>.sig`, or undefined: 404 or, where each address is signed by itself, 403 mean that there is none. */
export async function fetchSignature(
  fetcher: PackageFetcher,
  url: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { href, shown, headers } = parsePackageUrl(url);
  const response = await fetcher.request({
    method: 'GET',
    url: signatureUrlOf(href),
    headers,
    signal: AbortSignal.any([signal, AbortSignal.timeout(signatureTimeoutMs)]),
    headTimeoutMs: signatureTimeoutMs,
    idleTimeoutMs: signatureTimeoutMs,
    maxBodyBytes: signatureBytes,
    maxRedirects: 5,
  });
  if (response.status === 200) return readSmallText(response.body, `${shown}.sig`, signatureBytes);
  await response.discard();
  if ([403, 404, 410].includes(response.status)) return undefined;
  throw new ParleyError('UNREACHABLE', `The signature at ${shown}.sig cannot be fetched: status ${response.status}.`);
}

import { type Clock, ParleyError } from '../../base/index.ts';
import type { Sealer } from '../../security/index.ts';
import { installPackage } from '../packages/install-package.ts';
import type { Manifest } from '../packages/manifest-model.ts';
import { createPackageError } from '../packages/package-error.ts';
import { type CheckedPackage, readPackage } from '../packages/read-package.ts';
import type { PackageCache } from '../sources/package-cache.ts';
import type { PackageSettings } from '../sources/package-settings.ts';
import { createPackageSources, type PackageSources } from '../sources/package-sources.ts';
import { createSignatureCheck, type SignatureCheck } from '../sources/signature-check.ts';
import type { DeploymentRecord, DeploymentSpec } from './deployment-record.ts';
import type { InstalledRef } from './machine.ts';
import type { DeploymentDetails, DeployRequest, PackageSource } from './model.ts';
import type { ResolvedRuntimeOptions } from './runtime-options.ts';

/** A package that is on this node's disk and has passed every check; it stays there until it is released. */
export interface ReadyPackage {
  readonly checked: CheckedPackage;
  /** Of the manifest, and of its signature. */
  readonly warnings: readonly string[];
  release(): void;
}

/** What an installation brings. */
export interface Installation {
  readonly installed: InstalledRef;
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
}

/** Which package, and what it must be. */
interface PackageRequest {
  /** A URL is complete, with its secrets. */
  readonly source: PackageSource;
  readonly sha256: string | undefined;
  /** Text of a detached signature; undefined: what lies beside the source. */
  readonly signature: string | undefined;
}

export interface PackageInstallerOptions {
  readonly sources: PackageSources;
  readonly cache: PackageCache;
  readonly signatures: SignatureCheck;
  readonly settings: PackageSettings;
  readonly sealer: Sealer;
  readonly packagesFolder: string;
  readonly clock: Clock;
  /** The progress of a download is another one, for the deployment with that key. */
  progressed(key: string): void;
}

/** The installer of a runtime. CONFIG_INVALID when a key of the signature policy is none. */
export function createPackageInstaller(
  { packages: settings, fetcher, clock, sealer, packagesFolder }: ResolvedRuntimeOptions,
  cache: PackageCache,
  progressed: (key: string) => void,
): PackageInstaller {
  const sources = createPackageSources({ cache, fetcher, settings, clock });
  const signatures = createSignatureCheck(settings.signatures);
  return new PackageInstaller({ sources, cache, signatures, settings, sealer, packagesFolder, clock, progressed });
}

type Progress = NonNullable<DeploymentDetails['progress']>;

interface Fetching {
  readonly controller: AbortController;
  progress: Progress | undefined;
  /** Calls off what will be told next; undefined: nothing is waiting to be told. */
  untold: (() => void) | undefined;
}

const tellEveryMs = 200;

/** Brings packages from where they are to where they run: fetch, verify, check, install. */
export class PackageInstaller {
  readonly #options: PackageInstallerOptions;
  /** Packages that were checked when they were accepted and are not installed yet, by the key of their deployment. */
  readonly #ready = new Map<string, ReadyPackage>();
  readonly #fetching = new Map<string, Fetching>();

  constructor(options: PackageInstallerOptions) {
    this.#options = options;
  }

  /**
   * Checks a package that is on this node already; undefined for one at a URL, which is fetched later. The caller keeps or
   * releases it. Errors: those of its source, PACKAGE_INVALID, MANIFEST_INVALID.
   */
  async checkNow({ source, packageSha256, signature }: DeployRequest): Promise<ReadyPackage | undefined> {
    if (source.kind === 'url') return undefined;
    return this.#check({ source, sha256: packageSha256, signature }, new AbortController().signal, () => {});
  }

  /** The deployment will install what was checked. */
  keep(key: string, ready: ReadyPackage): void {
    this.#ready.set(key, ready);
  }

  /** The deployment needs nothing more: what was kept for it is released, and a download ends. */
  drop(key: string): void {
    this.#ready.get(key)?.release();
    this.#ready.delete(key);
    this.#fetching.get(key)?.controller.abort(new ParleyError('CANCELED', 'The deployment was ended.'));
  }

  /** Ends all downloads. */
  close(): void {
    for (const key of [...this.#ready.keys(), ...this.#fetching.keys()]) this.drop(key);
  }

  /** Of the download for that deployment, while there is one. */
  progressOf(key: string): Progress | undefined {
    return this.#fetching.get(key)?.progress;
  }

  /** Installs the package of a deployment; `accept` may refuse it by its manifest. */
  async install({ spec }: DeploymentRecord, accept: (manifest: Manifest) => void): Promise<Installation> {
    const kept = this.#ready.get(spec.key);
    this.#ready.delete(spec.key);
    const ready = kept ?? (await this.#bring(spec));
    try {
      const { checked, warnings } = ready;
      refuseOtherName(spec, checked.manifest);
      accept(checked.manifest);
      const { packagesFolder, settings } = this.#options;
      const limits = { packageBytes: settings.maxBytes };
      const { folder, packageId, digest } = await installPackage(checked, { packagesFolder, limits });
      const installed = { folder, packageId, digest };
      return { installed, manifest: checked.manifest, warnings };
    } finally {
      ready.release();
    }
  }

  async #bring(spec: DeploymentSpec): Promise<ReadyPackage> {
    const fetching: Fetching = { controller: new AbortController(), progress: undefined, untold: undefined };
    this.#fetching.set(spec.key, fetching);
    try {
      const request = { source: this.#openSource(spec), sha256: spec.packageSha256, signature: spec.signature };
      return await this.#check(request, fetching.controller.signal, (progress) => {
        this.#report(spec.key, fetching, progress);
      });
    } finally {
      fetching.untold?.();
      if (this.#fetching.get(spec.key) === fetching) this.#fetching.delete(spec.key);
    }
  }

  async #check(
    { source, sha256, signature }: PackageRequest,
    signal: AbortSignal,
    report: (progress: Progress) => void,
  ): Promise<ReadyPackage> {
    const { sources, signatures, settings, cache } = this.#options;
    const expectedSha256 = source.kind === 'folder' ? undefined : sha256;
    const progress = (receivedBytes: number, totalBytes: number | undefined): void =>
      report({ receivedBytes, totalBytes });
    const local = await sources.localize({ source, sha256: expectedSha256, signal, progress });
    try {
      const limits = { packageBytes: settings.maxBytes };
      const checked = await readPackage(local.source, {
        limits,
        ...(expectedSha256 !== undefined && { expectedSha256 }),
      });
      const { name, version, packageId } = checked.manifest;
      const text = signatures.wanted ? (signature ?? (await sources.readSignature(source, signal))) : undefined;
      const digest = source.kind === 'folder' ? undefined : checked.digest;
      const warnings = [...checked.warnings, ...signatures.check({ sha256: digest, name, version }, text)];
      if (local.source.path === cache.pathOf(checked.digest)) await cache.note(checked.digest, { packageId });
      return { checked, warnings, release: local.release };
    } catch (thrown) {
      local.release();
      throw thrown;
    }
  }

  #openSource({ source, sealedUrl }: DeploymentSpec): PackageSource {
    if (source.kind !== 'url' || sealedUrl === undefined) return source;
    return { kind: 'url', url: this.#options.sealer.open(sealedUrl) };
  }

  /** Many pieces in a short time are told as one, the last of them never later than that time. */
  #report(key: string, fetching: Fetching, progress: Progress): void {
    const { clock, progressed } = this.#options;
    fetching.progress = progress;
    fetching.untold ??= clock.schedule(tellEveryMs, () => {
      fetching.untold = undefined;
      progressed(key);
    });
  }
}

/** An agent id that was only guessed from a file name must be what the manifest says. */
function refuseOtherName({ agentId, agentIdGuessed }: DeploymentSpec, { name }: Manifest): void {
  if (agentIdGuessed !== true || name === agentId) return;
  const message = `The file name says ${agentId}, but the package is ${name}. Deploy it again and name the agent with --agent (agentId).`;
  throw createPackageError(message, { reason: 'other-name' });
}

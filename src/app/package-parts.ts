import { type Clock, type Component, type Logger, systemClock } from '../base/index.ts';
import { createS3Signer, type S3Signer } from '../drivers/aws/index.ts';
import { createHttpClient, type HttpClient } from '../drivers/http/index.ts';
import {
  createPackageRegistry,
  type PackageRegistry,
  type RuntimeHandle,
  type RuntimeOptions,
} from '../runtime/index.ts';
import type { DataFolder } from './data-folder.ts';
import type { PackagesConfig } from './packages-config.ts';

/** What packages need of the composition. */
export interface PackageParts {
  /** For the runtime. */
  readonly options: Required<Pick<RuntimeOptions, 'cacheFolder' | 'fetcher' | 'packages'>>;
  /** The way to packages named by bucket and key. */
  readonly objectSigner: S3Signer;
  /** Ends the connections; stops behind all that uses them. */
  readonly component: Component;
  /** The registry that the configuration names, and its part in start and stop; nothing when it names none. */
  follow(handle: RuntimeHandle, logger: Logger, clock?: Clock): FollowedRegistry | undefined;
}

export interface FollowedRegistry {
  readonly registry: PackageRegistry;
  readonly component: Component;
}

/** The way out to packages, and where they are kept. CONFIG_INVALID when `packages.allowHosts` has an entry that means nothing. */
export function createPackageParts(config: PackagesConfig, folder: Pick<DataFolder, 'cache'>): PackageParts {
  const fetcher: HttpClient = createHttpClient({ allow: { kind: 'public', except: config.allowHosts } });
  const { maxBytes, downloadTimeoutMs, cacheBytes, signatures, registry: settings } = config;
  const cacheFolder = folder.cache;
  return {
    objectSigner: createS3Signer(config.s3),
    options: { cacheFolder, fetcher, packages: { maxBytes, downloadTimeoutMs, cacheBytes, signatures } },
    component: { name: 'connections to packages', start: async () => {}, stop: () => fetcher.close() },
    follow({ runtime, packages: library }, logger, clock = systemClock) {
      if (settings === undefined) return undefined;
      return createPackageRegistry({ settings, runtime, library, fetcher, cacheFolder, maxBytes, clock, logger });
    },
  };
}

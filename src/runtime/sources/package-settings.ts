import type { SignaturePolicy } from './signature-check.ts';

/** What packages may cost on their way here, and whose are taken. */
export interface PackageSettings {
  /** Of one package file, fetched, uploaded or read. */
  readonly maxBytes: number;
  /** For one download, with its retries. */
  readonly downloadTimeoutMs: number;
  /** Of all packages that are kept for another time. */
  readonly cacheBytes: number;
  readonly signatures: SignaturePolicy;
}

/** What holds unless the configuration says otherwise. */
export const defaultPackageSettings: PackageSettings = Object.freeze<PackageSettings>({
  maxBytes: 100 * 1024 * 1024,
  downloadTimeoutMs: 60_000,
  cacheBytes: 1024 * 1024 * 1024,
  signatures: { policy: 'off', keys: {} },
});

import { ParleyError } from '../../base/index.ts';

/** Why a package is refused, as words that programs can compare; docs/packages.md explains each. */
export const packageFaults = [
  'absolute-name',
  'drive-letter',
  'parent-name',
  'backslash',
  'bad-name',
  'reserved-name',
  'name-too-long',
  'duplicate',
  'under-a-file',
  'link',
  'special-file',
  'encrypted',
  'compression-method',
  'too-many-entries',
  'package-too-large',
  'unpacked-too-large',
  'ratio',
  'overlap',
  'damaged',
  'not-a-package',
  'no-manifest',
  'digest',
  'unsigned',
  'signature',
  'other-name',
  'changed',
  'unreadable',
] as const;

export type PackageFault = (typeof packageFaults)[number];

/** What `createPackageError` needs beside the sentence. */
export interface PackageErrorOptions {
  readonly reason: PackageFault;
  /** The entry that is at fault; unset when it is the package as a whole. */
  readonly entry?: string;
  readonly cause?: unknown;
}

/** PACKAGE_INVALID with `details: { entry, reason }`. */
export function createPackageError(message: string, options: PackageErrorOptions): ParleyError {
  return new ParleyError('PACKAGE_INVALID', message, {
    cause: options.cause,
    details: { entry: options.entry ?? null, reason: options.reason },
  });
}

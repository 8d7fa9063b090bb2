import { ParleyError } from '../../base/index.ts';
import type { LocalSource } from '../deployments/model.ts';
import { openFolderContent } from './folder-content.ts';
import { moduleFiles } from './handler-spec.ts';
import { parseManifest } from './manifest.ts';
import type { Manifest } from './manifest-model.ts';
import type { PackageContent, PackageFile } from './package-content.ts';
import { createPackageError } from './package-error.ts';
import { defaultPackageLimits, type PackageLimits } from './package-limits.ts';
import { readSmallText } from './small-file.ts';

/** How `readPackage` reads. */
export interface ReadPackageOptions {
  readonly limits?: Partial<PackageLimits>;
  /** Hex sha256 that a file must have. */
  readonly expectedSha256?: string;
  /** Passed on to `parseManifest`. */
  readonly runtimeVersion?: string;
}

/** A package that has passed every check that is possible without extracting it. */
export interface CheckedPackage {
  readonly manifest: Manifest;
  /** Lower-case hex sha256: of the file, or of a folder's names, modes and contents. */
  readonly digest: string;
  readonly files: readonly PackageFile[];
  /** What is odd and yet accepted. */
  readonly warnings: readonly string[];
  readonly source: LocalSource;
}

/** The limits with their defaults filled in. */
export function resolveLimits(limits: Partial<PackageLimits> = {}): PackageLimits {
  return { ...defaultPackageLimits, ...limits };
}

/** Opens a package of either kind. The caller closes it. Throws PACKAGE_INVALID. */
export async function openContent(source: LocalSource, limits: PackageLimits): Promise<PackageContent> {
  if (source.kind === 'folder') return openFolderContent(source.path, limits);
  const { openZipContent } = await import('./zip-content.ts');
  return openZipContent(source.path, limits);
}

function checkDigest(source: LocalSource, digest: string, expected: string | undefined): void {
  if (expected === undefined) return;
  if (source.kind === 'folder')
    throw new ParleyError(
      'INVALID_PARAMS',
      `A sha256 can be asked of a file only, and ${source.path} is a folder. Pack it first.`,
    );
  if (expected.toLowerCase() !== digest)
    throw createPackageError(`SHA256 verification failed. Expected: ${expected}, Got: ${digest}`, { reason: 'digest' });
}

function findManifest(files: readonly PackageFile[]): PackageFile {
  const found = files.find((file) => file.name === 'agent.yaml' && !file.directory);
  if (found !== undefined) return found;
  const deeper = files.find((file) => file.name.endsWith('/agent.yaml'));
  const hint = deeper ? `It is in ${deeper.name}: pack what is inside that folder.` : 'Add one: see docs/packages.md.';
  throw createPackageError(`There is no agent.yaml at the root of the package. ${hint}`, { reason: 'no-manifest' });
}

/** The page's folder as it is in the package: some packaging programs move it to dist/ui and leave `ui.path` as it was. */
export function settleUi(manifest: Manifest, files: readonly PackageFile[]): Manifest {
  const { ui } = manifest.surfaces;
  const has = (folder: string) => files.some((file) => file.name.startsWith(`${folder}/`));
  if (ui === undefined || has(ui.path)) return manifest;
  const moved = has('dist/ui');
  const warning = moved
    ? `ui.path: ${ui.path} is missing and dist/ui is used`
    : `ui.path: ${ui.path} is not in the package`;
  const surfaces = moved ? { ...manifest.surfaces, ui: { ...ui, path: 'dist/ui' } } : manifest.surfaces;
  return { ...manifest, surfaces, warnings: [...manifest.warnings, warning] };
}

function warnOfModules(manifest: Manifest, files: readonly PackageFile[]): readonly string[] {
  const names = new Set(files.filter((file) => !file.directory).map((file) => file.name));
  const modules = new Set(manifest.skills.flatMap((skill) => skill.handler?.module ?? []));
  const missing = [...modules].filter(
    (module) => !moduleFiles(module, manifest.runtime.kind).some((name) => names.has(name)),
  );
  return missing.map((module) => `the module ${module} is not a file of the package; loading it may fail`);
}

async function check(
  source: LocalSource,
  content: PackageContent,
  options: ReadPackageOptions,
): Promise<CheckedPackage> {
  checkDigest(source, content.digest, options.expectedSha256);
  const { name } = findManifest(content.files);
  const maxBytes = resolveLimits(options.limits).manifestBytes;
  const text = await readSmallText(content.open(name), name, maxBytes);
  const { runtimeVersion } = options;
  const parsed = parseManifest(text, { maxBytes, ...(runtimeVersion !== undefined && { runtimeVersion }) });
  const manifest = settleUi(parsed, content.files);
  const warnings = [...manifest.warnings, ...warnOfModules(manifest, content.files)];
  return { manifest, digest: content.digest, files: content.files, warnings, source };
}

/**
 * Checks a package without extracting it: names, links, kinds, declared sizes, digest, agent.yaml. Actual sizes are counted
 * when `installPackage` extracts. Throws PACKAGE_INVALID (`details: { entry, reason }`) or MANIFEST_INVALID; writes nothing.
 */
export async function readPackage(source: LocalSource, options: ReadPackageOptions = {}): Promise<CheckedPackage> {
  const content = await openContent(source, resolveLimits(options.limits));
  try {
    return await check(source, content, options);
  } finally {
    await content.close();
  }
}

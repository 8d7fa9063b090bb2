import { ParleyError } from '../base/index.ts';
import type {
  PackageLibrary,
  PackageRegistry,
  PackageRegistryView,
  PackageView,
  UploadedPackage,
} from '../runtime/index.ts';

/** The packages that the node has, and the registry that it follows. */
export interface PackageControl {
  list(): Promise<readonly PackageView[]>;
  /** Errors as the library has them. */
  upload(chunks: AsyncIterable<Uint8Array>): Promise<UploadedPackage>;
  /** NOT_FOUND when the configuration names no registry. */
  registry(): PackageRegistryView;
  /** Looks at the registry now, and deploys what is new. NOT_FOUND when there is none. */
  refresh(): Promise<PackageRegistryView>;
}

/** Use cases over the library and the registry of packages. */
export function createPackageControl(library: PackageLibrary, registry: PackageRegistry | undefined): PackageControl {
  const followed = (): PackageRegistry => {
    if (registry !== undefined) return registry;
    throw new ParleyError('NOT_FOUND', 'This node follows no registry of packages; set packages.registry.source.');
  };
  return {
    list: () => library.list(),
    upload: (chunks) => library.upload(chunks),
    registry: () => followed().view(),
    refresh: async () => followed().refresh(),
  };
}

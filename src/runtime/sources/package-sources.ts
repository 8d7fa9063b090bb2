import { ParleyError } from '../../base/index.ts';
import type { LocalSource, PackageSource } from '../deployments/model.ts';

/** How a package is brought to this node's disk. */
export interface PackageSources {
  /** The source itself when it is local, else the file it was fetched to. Errors say what to do. */
  localize(source: PackageSource): Promise<LocalSource>;
}

/** Sources that lie on the node's disk. */
export function createPackageSources(): PackageSources {
  return {
    async localize(source) {
      if (source.kind === 'file' || source.kind === 'folder') return source;
      throw new ParleyError('VALIDATION_FAILED', `Packages of kind ${source.kind} cannot be fetched by this node.`);
    },
  };
}

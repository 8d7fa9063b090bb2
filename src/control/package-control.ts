import { ParleyError } from '../base/index.ts';
import type {
  PackageLibrary,
  PackageRegistry,
  PackageRegistryView,
  PackageSource,
  PackageView,
  UploadedPackage,
} from '../runtime/index.ts';

/** The packages that the node has, and the registry that it follows. */
export interface PackageControl {
  list(): Promise<readonly PackageView[]>;
  /** Errors as the library has them. */
  upload(chunks: AsyncIterable<Uint8Array>): Promise<UploadedPackage>;
  /** The next deployment from that address fetches the package anew, whatever is kept of it. */
  forget(url: string): Promise<void>;
  /** The address from which a package in an object store can be fetched. VALIDATION_FAILED when this node has no way to it. */
  locateObject(object: StoredObject): Promise<PackageSource>;
  /** NOT_FOUND when the configuration names no registry. */
  registry(): PackageRegistryView;
  /** Looks at the registry now, and deploys what is new. NOT_FOUND when there is none. */
  refresh(): Promise<PackageRegistryView>;
}

/** A package in an object store such as S3. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
}

/** Makes addresses that let their bearer fetch an object for a while. Throws ParleyError. */
export interface ObjectSigner {
  sign(object: StoredObject): Promise<string>;
}

export interface PackageControlOptions {
  readonly library: PackageLibrary;
  readonly registry: PackageRegistry | undefined;
  /** Undefined: packages in object stores need an address that is signed already. */
  readonly signer: ObjectSigner | undefined;
}

/** Use cases over the library and the registry of packages. */
export function createPackageControl({ library, registry, signer }: PackageControlOptions): PackageControl {
  const followed = (): PackageRegistry => {
    if (registry !== undefined) return registry;
    throw new ParleyError('NOT_FOUND', 'This node follows no registry of packages; set packages.registry.source.');
  };
  return {
    list: () => library.list(),
    upload: (chunks) => library.upload(chunks),
    forget: (url) => library.forget(url),
    async locateObject(object) {
      if (signer === undefined) throw noObjectStore(object);
      return { kind: 'url', url: await signer.sign(object) };
    },
    registry: () => followed().view(),
    refresh: async () => followed().refresh(),
  };
}

function noObjectStore({ bucket, key }: StoredObject): ParleyError {
  const message = `This node has no credentials for s3://${bucket}/${key}; give a signed address in signedUrl, or an https address.`;
  return new ParleyError('VALIDATION_FAILED', message);
}

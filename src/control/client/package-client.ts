import type { PackageRegistryView, PackageView, UploadedPackage } from '../../runtime/index.ts';
import type { NodeConnection } from './node-connection.ts';

/** The packages of a node. */
export interface PackageClient {
  list(): Promise<readonly PackageView[]>;
  /** Sends a file of `size` bytes. */
  upload(chunks: AsyncIterable<Uint8Array>, size: number): Promise<UploadedPackage>;
  /** The registry that the node follows, as it was last seen. */
  registry(): Promise<PackageRegistryView>;
  /** The node looks at it now. */
  refresh(): Promise<PackageRegistryView>;
}

const root = '/api/v1/packages';

/** The part of a client that is about packages. */
export function createPackageClient(connection: NodeConnection): PackageClient {
  const get = (path: string): Promise<unknown> => connection.json({ method: 'GET', path });
  const post = (path: string): Promise<unknown> => {
    return connection.json({ method: 'POST', path, body: {}, headTimeoutMs: 0 });
  };
  return {
    list: async () => ((await get(root)) as { packages: PackageView[] }).packages,
    upload: (chunks, size) => {
      const call = { method: 'POST', path: root, file: { chunks, size }, headTimeoutMs: 0 } as const;
      return connection.json(call) as Promise<UploadedPackage>;
    },
    registry: () => get(`${root}/registry`) as Promise<PackageRegistryView>,
    refresh: () => post(`${root}/registry/refresh`) as Promise<PackageRegistryView>,
  };
}

import { z } from 'zod';
import type { PackageControl } from '../package-control.ts';
import { type DescribedRoute, jsonRoute, uploadRoute } from './described-route.ts';
import { packageRegistrySchema, packageSchema, uploadedPackageSchema } from './package-schemas.ts';

const root = '/api/v1/packages';

/** Routes over packages, and the registry that they come from. */
export function createPackageRoutes(packages: PackageControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: root,
      operationId: 'listPackages',
      summary: 'The packages that are installed or kept in the cache.',
      response: z.strictObject({ packages: z.array(packageSchema) }),
      answer: async () => ({ packages: await packages.list() }),
    }),
    uploadRoute({
      method: 'POST',
      path: root,
      operationId: 'uploadPackage',
      summary: 'Takes in a package, the body as it is; deploy it with a source of kind upload.',
      status: 201,
      response: uploadedPackageSchema,
      answer: (chunks) => packages.upload(chunks),
    }),
    jsonRoute({
      method: 'GET',
      path: `${root}/registry`,
      operationId: 'getPackageRegistry',
      summary: 'The registry of packages, as it was last seen.',
      response: packageRegistrySchema,
      answer: () => packages.registry(),
    }),
    jsonRoute({
      method: 'POST',
      path: `${root}/registry/refresh`,
      operationId: 'refreshPackageRegistry',
      summary: 'Looks at the registry of packages now, and deploys what is new.',
      response: packageRegistrySchema,
      answer: () => packages.refresh(),
    }),
  ];
}

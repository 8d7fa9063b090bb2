import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstalledPackage } from '../packages/install-package.ts';
import { inventoryPath } from '../packages/inventory.ts';
import { createLaunchPlan } from '../packages/launch-plan.ts';
import { createPackageError } from '../packages/package-error.ts';

/** What an installed package has to serve beside its skills. */
export interface ServedSurfaces {
  /** HTTP of its own. */
  readonly rest: boolean;
  /** Its page: an absolute folder with index.html, and the path below which it is served. */
  readonly ui: { readonly folder: string; readonly basePath: string } | undefined;
  readonly author: string;
  /** When the package was installed. */
  readonly builtAtMs: number | undefined;
}

/** Looks at the files of an installed package. Throws PACKAGE_INVALID when it has nothing that can be started or served. */
export async function findServedSurfaces({ folder, manifest }: InstalledPackage): Promise<ServedSurfaces> {
  const plan = createLaunchPlan(manifest);
  const host = plan.kind === 'program' ? plan.beside : plan;
  const ui = await findPage(folder, manifest.surfaces.ui);
  if (plan.kind === 'page' && ui === undefined) {
    const message = `${manifest.packageId} has nothing but a page, and there is no index.html in it. Correct ui.path, or expose more in deploy.json.`;
    throw createPackageError(message, { reason: 'damaged' });
  }
  const inventory = await stat(inventoryPath(folder)).catch(() => undefined);
  return {
    rest: host !== undefined && host.kind !== 'page' && host.http !== undefined,
    ui,
    author: manifest.author,
    builtAtMs: inventory === undefined ? undefined : Math.round(inventory.mtimeMs),
  };
}

async function findPage(
  folder: string,
  ui: InstalledPackage['manifest']['surfaces']['ui'],
): Promise<ServedSurfaces['ui']> {
  if (ui === undefined) return undefined;
  const page = join(folder, ui.path);
  const index = await stat(join(page, 'index.html')).catch(() => undefined);
  return index?.isFile() === true ? { folder: page, basePath: ui.basePath } : undefined;
}

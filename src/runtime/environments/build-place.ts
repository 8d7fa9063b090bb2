import { takeFolderBack } from '../containment/shared-folders.ts';
import type { Confinement } from '../supervisor/confinement.ts';
import type { InstallerHost } from './run-installer.ts';

/** A deployment's own user, as which the code of what it depends on runs while it is installed. */
export interface BuildPlace {
  /** Nobody else uses what that code has made. */
  readonly deploymentId: string;
  readonly confinement: Confinement;
  /** What of the environment follows from it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Gives its user a folder, which is taken back afterwards. */
  lend(folder: string): Promise<void>;
}

/** Whether what a deployment depends on may run its own code while it is installed, and where. */
export interface BuildPermission {
  readonly allowBuild: boolean;
  /**
   * Where it runs, for an installer that this interpreter runs; undefined: as the node does, because the deployment has no user of its
   * own.
   */
  readonly openPlace: (interpreter: string) => Promise<BuildPlace | undefined>;
}

/** The place of a deployment whose dependencies may run their code; undefined: nothing of them runs, or it runs as the node. */
export async function openPlaceOf(request: BuildPermission, interpreter: string): Promise<BuildPlace | undefined> {
  return request.allowBuild ? request.openPlace(interpreter) : undefined;
}

/** The host as it runs installers for that place; without one they run as the node. */
export function hostOf(host: InstallerHost, place: BuildPlace | undefined): InstallerHost {
  if (place === undefined) return host;
  const { confinement, variables } = place;
  return { ...host, confinement, environment: { ...host.environment, ...variables } };
}

/** Fills the folder, which belongs to the user of that place meanwhile, and to the node before and after. */
export async function fillIn(place: BuildPlace | undefined, folder: string, fill: () => Promise<void>): Promise<void> {
  if (place === undefined) return fill();
  try {
    await place.lend(folder);
    await fill();
  } finally {
    await takeFolderBack(folder);
  }
}

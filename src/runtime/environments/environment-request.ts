import type { InstalledPackage } from '../packages/install-package.ts';
import type { BuildPermission } from './build-place.ts';
import type { EnvironmentStore } from './environment-store.ts';
import type { PythonFacts } from './interpreter-facts.ts';
import type { InstallerHost } from './run-installer.ts';

/** Whose environment is wanted. */
export interface EnvironmentRequest extends BuildPermission {
  readonly installed: InstalledPackage;
  readonly organization: string | undefined;
  /** What the installers say, line by line. */
  readonly onLine: (line: string) => void;
}

/** What a deployment's processes run in. */
export interface PreparedEnvironment {
  /** The interpreter of its processes; undefined: the configured one. */
  readonly interpreter?: string;
  /** Of the environment of its processes; they win over the node's own. */
  readonly variables: Readonly<Record<string, string>>;
  /** Folders beside the package's own that its processes read. */
  readonly folders: readonly string[];
}

/** What a package without dependencies runs in: what is there. */
export const noEnvironment: PreparedEnvironment = Object.freeze({ variables: {}, folders: [] });

/** What environments are made with. */
export interface Workshop {
  readonly store: EnvironmentStore;
  readonly host: InstallerHost;
  /** Absolute; the environments lie in it. */
  readonly root: string;
  readonly interpreters: { readonly node: string; readonly python: string };
  /** Of the configured Python; asked once. */
  readonly python: () => Promise<PythonFacts>;
}

import { resolveEnvironment } from '../packages/environment.ts';
import { readEnvironmentLayers } from '../packages/environment-layers.ts';
import type { InstalledPackage } from '../packages/install-package.ts';

type Variables = Readonly<Record<string, string>>;

/** What of the node's environment reaches workers; proxies are wanted in either case. */
const allowed = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ'];
const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'];

export interface WorkerEnvironmentOptions {
  readonly nodeEnvironment: Readonly<Record<string, string | undefined>>;
  /** Further names of the node's environment that workers get. */
  readonly passEnv: readonly string[];
  readonly installed: InstalledPackage;
  /** The deployment's own. */
  readonly deployment: Variables;
  /** What the fabric itself says; nobody overrides it. */
  readonly fabric: Variables;
}

/**
 * The whole environment of a worker, low to high: the allowed part of the node's, what the package says, the deployment's own,
 * the fabric's. Throws PACKAGE_INVALID, or MANIFEST_INVALID for a `${VAR}` that cannot be resolved.
 */
export async function createWorkerEnvironment(options: WorkerEnvironmentOptions): Promise<Variables> {
  const layers = [...(await readEnvironmentLayers(options.installed)), options.deployment];
  return { ...resolveEnvironment(layers, pickAllowed(options.nodeEnvironment, options.passEnv)), ...options.fabric };
}

/** What of the node's environment any process of a package may see, and what `passEnv` names beside it. */
export function pickAllowed(
  environment: Readonly<Record<string, string | undefined>>,
  passEnv: readonly string[],
): Variables {
  const names = [...allowed, ...proxies.flatMap((name) => [name, name.toUpperCase()]), ...passEnv];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

import { join } from 'node:path';
import { isObject } from '../../base/index.ts';
import type { Manifest, ManifestSurfaces } from './manifest-model.ts';
import { createPackageError } from './package-error.ts';
import { defaultPackageLimits } from './package-limits.ts';
import { readSmallFile } from './small-file.ts';

/** What `deploy.json` of a package says; its ports are the fabric's business. */
export interface DeployJson {
  readonly environment: Readonly<Record<string, string>>;
  /** The surfaces that are to be served; undefined: all there are. */
  readonly expose: readonly string[] | undefined;
}

const nothing: DeployJson = Object.freeze({ environment: Object.freeze({}), expose: undefined });

function readEnvironment(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) throw new TypeError('"environment" must be an object of texts');
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, item === null ? '' : String(item)]));
}

function readExpose(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const texts = Array.isArray(value) && value.every((item): item is string => typeof item === 'string');
  if (!texts) throw new TypeError('"expose" must be a list of "rest", "a2a" and "ui"');
  return value;
}

function parseDeployJson(text: string): DeployJson {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new TypeError('it must be an object');
  return { environment: readEnvironment(value['environment'] ?? {}), expose: readExpose(value['expose']) };
}

/** Reads `deploy.json` of an installed package, which may be missing. Throws PACKAGE_INVALID. */
export async function readDeployJson(folder: string): Promise<DeployJson> {
  const text = await readSmallFile(join(folder, 'deploy.json'), defaultPackageLimits.manifestBytes);
  if (text === undefined) return nothing;
  try {
    return parseDeployJson(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw createPackageError(`deploy.json is not valid: ${why}. Correct it and pack again.`, {
      reason: 'damaged',
      entry: 'deploy.json',
      cause: error,
    });
  }
}

/** Pure: the manifest without the surfaces that `expose` does not name. Exports, entrypoint and command are no surfaces. */
export function exposeSurfaces(manifest: Manifest, expose: DeployJson['expose']): Manifest {
  if (expose === undefined) return manifest;
  const entries = Object.entries(manifest.surfaces).filter(([name]) => expose.includes(name));
  return { ...manifest, surfaces: Object.fromEntries(entries) as ManifestSurfaces };
}

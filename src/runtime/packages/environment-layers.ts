import { join } from 'node:path';
import { isObject } from '../../base/index.ts';
import { parseDotenv } from './dotenv.ts';
import type { InstalledPackage } from './install-package.ts';
import { createPackageError } from './package-error.ts';
import { defaultPackageLimits } from './package-limits.ts';
import { readSmallFile } from './small-file.ts';

function parseDeployEnvironment(text: string): Readonly<Record<string, string>> {
  const value: unknown = JSON.parse(text);
  const environment = isObject(value) ? (value['environment'] ?? {}) : undefined;
  if (!isObject(environment)) throw new TypeError('"environment" must be an object of texts');
  return Object.fromEntries(
    Object.entries(environment).map(([name, item]) => [name, item === null ? '' : String(item)]),
  );
}

async function readDeployJson(folder: string): Promise<Readonly<Record<string, string>>> {
  const text = await readSmallFile(join(folder, 'deploy.json'), defaultPackageLimits.manifestBytes);
  if (text === undefined) return {};
  try {
    return parseDeployEnvironment(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw createPackageError(`deploy.json is not valid: ${why}. Correct it and pack again.`, {
      reason: 'damaged',
      entry: 'deploy.json',
      cause: error,
    });
  }
}

/**
 * What a package says about its environment, lowest first, as `resolveEnvironment` takes it: `.env`, `environment` of
 * agent.yaml, `environment` of deploy.json. The deployment's own goes behind them. Throws PACKAGE_INVALID.
 */
export async function readEnvironmentLayers(
  installed: Pick<InstalledPackage, 'folder' | 'manifest'>,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const dotenv = await readSmallFile(join(installed.folder, '.env'), defaultPackageLimits.manifestBytes);
  return [parseDotenv(dotenv ?? ''), installed.manifest.environment, await readDeployJson(installed.folder)];
}

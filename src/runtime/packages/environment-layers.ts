import { join } from 'node:path';
import { readDeployJson } from './deploy-json.ts';
import { parseDotenv } from './dotenv.ts';
import type { InstalledPackage } from './install-package.ts';
import { defaultPackageLimits } from './package-limits.ts';
import { readSmallFile } from './small-file.ts';

/**
 * What a package says about its environment, lowest first, as `resolveEnvironment` takes it: `.env`, `environment` of
 * agent.yaml, `environment` of deploy.json. The deployment's own goes behind them. Throws PACKAGE_INVALID.
 */
export async function readEnvironmentLayers(
  installed: Pick<InstalledPackage, 'folder' | 'manifest'>,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const dotenv = await readSmallFile(join(installed.folder, '.env'), defaultPackageLimits.manifestBytes);
  const { environment } = await readDeployJson(installed.folder);
  return [parseDotenv(dotenv ?? ''), installed.manifest.environment, environment];
}

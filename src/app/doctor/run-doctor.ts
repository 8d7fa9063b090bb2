import type { ConfigSources } from '../config.ts';
import { resolveConfig } from '../config.ts';
import { checkContainment } from './check-containment.ts';
import { checkDataFolder } from './check-data-folder.ts';
import { checkLog } from './check-log.ts';
import { checkNode } from './check-node.ts';
import { checkPrograms } from './check-programs.ts';
import { checkStore } from './check-store.ts';
import type { Finding } from './finding.ts';

export type { Finding } from './finding.ts';

/** Looks at this machine with the settings that a node would have; needs no node. CONFIG_INVALID when they are wrong. */
export async function runDoctor(sources: ConfigSources): Promise<readonly Finding[]> {
  const config = resolveConfig(sources);
  const found = await Promise.all([
    ...checkPrograms(config, sources.environment),
    checkDataFolder(config),
    checkStore(config),
    checkLog(config),
    checkNode(config),
    ...checkContainment(config, sources.environment),
  ]);
  return found.flat();
}

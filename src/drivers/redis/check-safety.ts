import { hasCode } from '../../base/index.ts';
import type { RedisClient } from './port.ts';

const minVersion = [7, 0] as const;

/**
 * What about the server (each master of a cluster) puts data at risk, in sentences for an operator; empty when all is well.
 * What the server does not show (CONFIG is often forbidden) is said, too.
 */
export async function checkRedisSafety(client: RedisClient): Promise<readonly string[]> {
  const infos = await client.everywhere('info', 'server');
  const warnings = infos.flatMap((info) => versionWarning(String(info)));
  return [...new Set([...warnings, ...(await configWarnings(client))])];
}

async function configWarnings(client: RedisClient): Promise<readonly string[]> {
  const setting = async (name: string): Promise<readonly string[]> =>
    (await client.everywhere('config', 'get', name)).map(secondOf);
  try {
    const names = ['maxmemory-policy', 'maxmemory', 'appendonly', 'save'] as const;
    const [policies = [], limits = [], appends = [], saves = []] = await Promise.all(names.map(setting));
    return policies.flatMap((policy, server) => [
      ...evictionWarning(policy, limits[server]),
      ...persistenceWarning(appends[server], saves[server]),
    ]);
  } catch (thrown) {
    if (hasCode(thrown, 'UNAVAILABLE')) throw thrown;
    return ['Redis does not let us read its configuration: nobody has checked whether it evicts or persists.'];
  }
}

function versionWarning(info: string): readonly string[] {
  // Valkey goes on saying 7.2.4 here, and its own version elsewhere.
  const [, major = '0', minor = '0'] = /redis_version:(\d+)\.(\d+)/.exec(info) ?? [];
  const isOld = Number(major) < minVersion[0] || (Number(major) === minVersion[0] && Number(minor) < minVersion[1]);
  return isOld ? [`Redis is version ${major}.${minor}; Parley needs ${minVersion.join('.')} or newer.`] : [];
}

function evictionWarning(policy: string, limit: string | undefined): readonly string[] {
  if (policy === 'noeviction' || policy === '') return [];
  const now = limit === '0' ? ' once maxmemory is set' : '';
  return [`Redis evicts data when memory is full (maxmemory-policy ${policy})${now}. Set maxmemory-policy noeviction.`];
}

function persistenceWarning(appendonly: string | undefined, save: string | undefined): readonly string[] {
  if (appendonly === 'yes') return [];
  const lost = save === '' ? 'everything is lost' : 'what came after its last snapshot is lost';
  return [`Redis does not log changes to its disk (appendonly no): when it restarts, ${lost}. Set appendonly yes.`];
}

/** CONFIG GET answers with a name and its value. */
function secondOf(reply: unknown): string {
  return Array.isArray(reply) ? String(reply[1] ?? '') : '';
}

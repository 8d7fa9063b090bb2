import type { InvocationCaller } from '../agents/index.ts';
import { systemClock } from '../base/index.ts';
import { createApiKeys, grantRights, operatorRole, type Right } from '../security/index.ts';
import type { Store } from '../store/index.ts';
import { createApiKeyRecords } from './api-key-records.ts';
import type { IdentityConfig } from './identity-config.ts';

const keyPrefix = 'key:';

/**
 * What a caller may do, told from its id and roles alone: one list for each credential that it may have shown. Agents, operators
 * and callers without an identity may call every agent; none for a caller whose keys are all gone.
 */
export function createCallerRights(
  { rights: rules }: IdentityConfig,
  store: Store,
): (caller: InvocationCaller) => Promise<readonly (readonly Right[])[]> {
  const keys = createApiKeys({ records: createApiKeyRecords(store), clock: systemClock });
  const everything = [grantRights([], [])];
  return async ({ id, roles, path }) => {
    const isUser = /^(?:key|jwt|cert\w*):/.test(id);
    if (path.length > 0 || !isUser || roles.includes(operatorRole)) return everything;
    if (!id.startsWith(keyPrefix)) return [grantRights(rules, roles)];
    const nowMs = systemClock.now();
    const own = (await keys.list()).filter(({ subject }) => subject === id.slice(keyPrefix.length));
    const valid = own.filter(({ expiresAtMs = Number.POSITIVE_INFINITY }) => expiresAtMs > nowMs);
    return valid.map((key) => key.rights ?? grantRights(rules, key.roles));
  };
}

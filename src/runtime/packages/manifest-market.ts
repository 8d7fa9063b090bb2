import type { ExecutorRole, MarketRoles, ProviderRole, RequesterRole } from '../../agents/index.ts';
import {
  complain,
  type ManifestScope,
  readFlag,
  readNumber,
  readScope,
  readText,
  readTexts,
} from './manifest-scope.ts';

const mostMoney = 1_000_000_000;
const mostCalls = 10_000;
const mostSeconds = 24 * 3600;

/** What `market` says of a package: which roles its agent takes where work is put out to tender. Undefined: none. */
export function readMarket(scope: ManifestScope): MarketRoles | undefined {
  const market = readScope(scope, 'market');
  if (market === undefined) return undefined;
  const requester = readRole(market, 'requester', readRequester);
  const provider = readRole(market, 'provider', readProvider);
  const executor = readRole(market, 'executor', readExecutor);
  if (requester === undefined && provider === undefined && executor === undefined) return undefined;
  return { ...(requester && { requester }), ...(provider && { provider }), ...(executor && { executor }) };
}

/** `true` takes the role with its defaults, a map says more. */
function readRole<Role>(market: ManifestScope, key: string, read: (scope: ManifestScope) => Role): Role | undefined {
  const value = market.values[key];
  if (value === false) return undefined;
  if (value === true) return read({ ...market, path: `${market.path}.${key}`, values: {} });
  const inner = readScope(market, key);
  return inner && read(inner);
}

function readRequester(scope: ManifestScope): RequesterRole {
  return defined({
    approveUpTo: readNumber(scope, 'approve_up_to', 0, mostMoney),
    counterFactor: readNumber(scope, 'counter_factor', 0, 1),
    firstOffer: readNumber(scope, 'first_offer', 0, mostMoney),
    policy: readText(scope, 'policy'),
  });
}

function readProvider(scope: ManifestScope): ProviderRole {
  const capabilities = readTexts(scope, 'capabilities');
  const etaSeconds = readNumber(scope, 'eta_seconds', 0, mostSeconds);
  return defined({
    capabilities: capabilities.length > 0 ? capabilities : undefined,
    maxCost: readNumber(scope, 'max_cost', 0, mostMoney),
    minCost: readNumber(scope, 'min_cost', 0, mostMoney),
    price: readNumber(scope, 'price', 0, mostMoney),
    markup: readNumber(scope, 'markup', 0, 1_000),
    etaMs: etaSeconds === undefined ? undefined : Math.round(etaSeconds * 1_000),
    executes: readFlag(scope, 'executes'),
  });
}

function readExecutor(scope: ManifestScope): ExecutorRole {
  return defined({
    skill: readText(scope, 'skill'),
    concurrency: readCount(scope, 'concurrency'),
    queue: readCount(scope, 'queue'),
    own: readFlag(scope, 'own'),
  });
}

function readCount(scope: ManifestScope, key: string): number | undefined {
  const count = readNumber(scope, key, 1, mostCalls);
  return count === undefined || Number.isInteger(count) ? count : complain(scope, key, 'this must be a whole number');
}

function defined<Role extends object>(role: Role): Role {
  return Object.fromEntries(Object.entries(role).filter(([, value]) => value !== undefined)) as Role;
}

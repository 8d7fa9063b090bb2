import { type Component, type Logger, ParleyError, systemClock, type Telemetry } from '../base/index.ts';
import { type Market, marketAgentId } from '../market/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Breakers } from '../resilience/index.ts';
import { deriveSigningKey, parsePublicKey } from '../security/index.ts';
import type { Store } from '../store/index.ts';
import type { TaskService } from '../tasks/index.ts';
import type { NodeConfig } from './config.ts';
import type { LogParts } from './log-parts.ts';
import { toMarketSettings } from './market-config.ts';
import { productVersion } from './product.ts';
import type { SchemaParts } from './schema-parts.ts';

export interface MarketPartsOptions {
  readonly config: NodeConfig;
  readonly store: Store;
  readonly log: Pick<LogParts, 'open' | 'groups' | 'parties'>;
  readonly schemas: Pick<SchemaParts, 'open'>;
  readonly registry: Registry;
  readonly breakers: Breakers;
  readonly tasks: Pick<TaskService, 'stream' | 'get' | 'cancel'>;
  /** The fabric's secret, from which its agents' records are signed. */
  readonly key: string;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** What a node has of the market: nothing is loaded before it is enabled, or an agent with a role is there. */
export interface MarketParts {
  /** CONFIG_INVALID while it is off. */
  readonly open: () => Promise<Market>;
  /** To be started once tasks run. */
  readonly component: Component;
}

const retryMs = 5_000;

/** The market as it is configured. */
export function createMarketParts(options: MarketPartsOptions): MarketParts {
  const { enabled, roles } = options.config.market;
  const { registry, logger } = options;
  let running: Promise<Market & Component> | undefined;
  let unwatch = (): void => {};
  let cancelRetry = (): void => {};
  let isStopped = false;
  const begin = (): void => {
    if (running !== undefined || isStopped) return;
    unwatch();
    cancelRetry();
    running = startMarket(options);
    running.catch((thrown: unknown) => {
      logger.error('the market did not start; the next try is soon', { error: ParleyError.from(thrown).message });
      running = undefined;
      if (!isStopped) cancelRetry = systemClock.schedule(retryMs, begin);
    });
  };
  const hasRole = (): boolean =>
    Object.keys(roles).length > 0 || registry.endpoints().some(({ record }) => record.market !== undefined);
  return {
    open: async () => running ?? Promise.reject(turnedOff()),
    component: {
      name: 'market',
      async start() {
        if (enabled === false) return;
        if (enabled === true || hasRole()) begin();
        else {
          unwatch = registry.watch((_agentId, change) => {
            if (change === 'endpoints' && hasRole()) begin();
          });
        }
        await running;
      },
      async stop(signal) {
        isStopped = true;
        unwatch();
        cancelRetry();
        const market = await running?.catch(() => undefined);
        registry.withdraw(marketAgentId);
        await market?.stop(signal);
      },
    },
  };
}

async function startMarket(options: MarketPartsOptions): Promise<Market & Component> {
  const { config, store, log, schemas, registry, breakers, tasks, key, logger, telemetry } = options;
  const { RunningMarket, createMarketEndpoint } = await import('../market/roles/index.ts');
  const { trustedKeys, maxOpen } = config.market;
  const trusted = new Map(Object.entries(trustedKeys).map(([agentId, texts]) => [agentId, texts.map(parsePublicKey)]));
  const market = new RunningMarket({
    settings: { ...toMarketSettings(config.market), maxInputBytes: fittingBytes(config) },
    ...{ store, registry, breakers, tasks, logger, telemetry, log: log.open, subscribe: log.groups.subscribe },
    parties: log.parties,
    schemas: schemas.open,
    isAlone: config.store.url === undefined,
    keys: { own: deriveSigningKey(key, 'market'), trusted },
    addresses: { log: shownLog(config), schemaRegistry: withoutLogin(config.schemaRegistry.url) },
    clock: systemClock,
  });
  await market.start();
  registry.announce(createMarketEndpoint({ market: async () => market, version: productVersion, capacity: maxOpen }));
  return market;
}

/** What fits into one record beside all else that it says. */
function fittingBytes({ market, log }: NodeConfig): number {
  return Math.min(market.maxInputBytes, Math.floor(log.maxRecordBytes / (market.sealed ? 3 : 2)));
}

function shownLog({ log, store }: NodeConfig): string {
  return withoutLogin(log.url ?? store.url) ?? 'log.sqlite';
}

function withoutLogin(url: string | undefined): string | undefined {
  return url?.replace(/\/\/[^/]*@/, '//').replace(/\?.*$/, '');
}

function turnedOff(): ParleyError {
  const message =
    'No agent here has a role in the market. Deploy one that has, or set market.enabled and start the node again.';
  return new ParleyError('CONFIG_INVALID', message);
}

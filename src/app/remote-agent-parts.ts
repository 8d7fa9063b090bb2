import { createCardReader, createRemoteExecutor } from '../agents/index.ts';
import { type Clock, type Component, type Logger, systemClock } from '../base/index.ts';
import { RemoteAgentBook } from '../control/index.ts';
import { createHttpClient, type HttpClient } from '../drivers/http/index.ts';
import { createRemoteAgents, type Registry, type RemoteAgentSettings, type RemoteLink } from '../registry/index.ts';
import type { Sealer } from '../security/index.ts';
import type { Store } from '../store/index.ts';
import { createAgentsFile } from './agents-file.ts';
import type { RegistryConfig } from './registry-config.ts';

export interface RemoteAgentPartsOptions {
  readonly config: RegistryConfig;
  readonly registry: Registry;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Agents that run elsewhere, from the file and as operators added them. */
export interface RemoteAgentParts {
  readonly book: RemoteAgentBook;
  readonly components: readonly Component[];
}

/** The sources of remote agents. CONFIG_INVALID when `registry.allowHosts` has an entry that means nothing. */
export function createRemoteAgentParts(options: RemoteAgentPartsOptions): RemoteAgentParts {
  const { config, registry, store, sealer, environment, logger, clock = systemClock } = options;
  const clients = createOriginClients(config.allowHosts);
  const open = (settings: RemoteAgentSettings): RemoteLink => openLink(settings, clients, clock);
  const agents = createRemoteAgents({ registry, open, pollMs: config.pollMs, clock, logger });
  const book = new RemoteAgentBook({ store, sealer, agents, registry, open, clock, logger });
  const { agentsFile: path } = config;
  const file = path === undefined ? [] : [createAgentsFile({ path, agents, environment, clock, logger })];
  return { book, components: [agents, ...file, book] };
}

/** Clients by the origin that they may go to besides public addresses; each is closed with its last user. */
interface OriginClients {
  take(origin: string): { readonly http: HttpClient; release(): Promise<void> };
}

/** The operator's own address may be anywhere; where a card leads from there is looked at with every connection. */
function createOriginClients(allowHosts: readonly string[]): OriginClients {
  const clients = new Map<string, { readonly http: HttpClient; users: number }>();
  return {
    take(origin) {
      const known = clients.get(origin);
      const http = known?.http ?? createHttpClient({ allow: { kind: 'public', except: [...allowHosts, origin] } });
      const client = known ?? { http, users: 0 };
      client.users++;
      clients.set(origin, client);
      return {
        http,
        async release() {
          client.users--;
          if (client.users > 0) return;
          clients.delete(origin);
          await http.close();
        },
      };
    },
  };
}

function openLink(settings: RemoteAgentSettings, clients: OriginClients, clock: Clock): RemoteLink {
  const { origin } = new URL(settings.url);
  const { http, release } = clients.take(origin);
  // A card that leads elsewhere does not lead the credentials there.
  const headers = (url: string): Readonly<Record<string, string>> =>
    URL.parse(url)?.origin === origin ? (settings.headers ?? {}) : {};
  return {
    reader: createCardReader({ http, url: settings.url, headers, keys: settings.keys }),
    createExecutor: (card) =>
      createRemoteExecutor({ http, card, headers: (_invocation, url) => headers(url), namesSkill: false, clock }),
    close: release,
  };
}

import { createCardReader, createRemoteExecutor } from '../agents/index.ts';
import { type Clock, type Component, type Logger, systemClock } from '../base/index.ts';
import { RemoteAgentBook } from '../control/index.ts';
import { createHttpClient } from '../drivers/http/index.ts';
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
  const open = (settings: RemoteAgentSettings): RemoteLink => openLink(settings, config.allowHosts, clock);
  const agents = createRemoteAgents({ registry, open, pollMs: config.pollMs, clock, logger });
  const book = new RemoteAgentBook({ store, sealer, agents, registry, open, clock, logger });
  const { agentsFile: path } = config;
  const file = path === undefined ? [] : [createAgentsFile({ path, agents, environment, clock, logger })];
  return { book, components: [agents, ...file, book] };
}

/** The operator's own address may be anywhere; where a card leads from there is looked at with every connection. */
function openLink(settings: RemoteAgentSettings, allowHosts: readonly string[], clock: Clock): RemoteLink {
  const { origin } = new URL(settings.url);
  const http = createHttpClient({ allow: { kind: 'public', except: [...allowHosts, origin] } });
  // A card that leads elsewhere does not lead the credentials there.
  const headers = (url: string): Readonly<Record<string, string>> =>
    URL.parse(url)?.origin === origin ? (settings.headers ?? {}) : {};
  return {
    reader: createCardReader({ http, url: settings.url, headers }),
    createExecutor: (card) =>
      createRemoteExecutor({ http, card, headers: (_invocation, url) => headers(url), namesSkill: false, clock }),
    close: () => http.close(),
  };
}

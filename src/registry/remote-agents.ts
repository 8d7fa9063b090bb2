import {
  type AgentExecutor,
  type CardReader,
  chooseWay,
  createRemoteRecord,
  type ReadCard,
  type RemoteCard,
} from '../agents/index.ts';
import { type Clock, type Component, computeBackoffMs, type Logger, ParleyError } from '../base/index.ts';
import type { CardKey } from '../protocol/index.ts';
import type { AgentStatus, Endpoint, EndpointSource, Registry } from './port.ts';

/** An agent that runs elsewhere, as an operator names it. */
export interface RemoteAgentSettings {
  /** What it is called here. */
  readonly id: string;
  /** The agent it is a way to; default: its own id. Several ways to one agent share its calls. */
  readonly agent?: string | undefined;
  readonly url: string;
  readonly tags?: readonly string[] | undefined;
  readonly weight?: number | undefined;
  readonly zone?: string | undefined;
  /** Sent to the origin of `url`, and to no other: credentials. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The keys that its card must be signed with; default: any card counts. */
  readonly keys?: readonly CardKey[] | undefined;
  /** Why it cannot be called whatever its server says, such as a credential that is missing. */
  readonly problem?: string | undefined;
}

/** A remote agent as it stands; without its credentials. */
export interface RemoteAgentView {
  readonly id: string;
  readonly agentId: string;
  readonly url: string;
  readonly source: RemoteSource;
  readonly status: AgentStatus;
  readonly reason?: string;
  /** When its card was last read or found unchanged; ms since the epoch. */
  readonly readAtMs?: number;
}

export type RemoteSource = Extract<EndpointSource, 'file' | 'added'>;

/** What one remote agent is read and called by. */
export interface RemoteLink {
  readonly reader: CardReader;
  /** `card`: as it was read last. */
  createExecutor(card: () => RemoteCard | undefined): AgentExecutor;
  close(): Promise<void>;
}

export interface RemoteAgentsOptions {
  readonly registry: Registry;
  readonly open: (settings: RemoteAgentSettings) => RemoteLink;
  /** How often a card is looked at when its server does not say that it may be kept for longer. */
  readonly pollMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps agents that run elsewhere announced, as their cards say; one that cannot be reached stays, and says why. */
export interface RemoteAgents extends Component {
  /** All that the source names now; those that it named before and no longer does are withdrawn. */
  set(source: RemoteSource, agents: readonly RemoteAgentSettings[]): void;
  list(): readonly RemoteAgentView[];
}

/** A keeper of remote agents. */
export function createRemoteAgents(options: RemoteAgentsOptions): RemoteAgents {
  const kept = new Map<string, { readonly text: string; readonly remote: RemoteAgent }>();
  const set: RemoteAgents['set'] = (source, agents) => {
    const wanted = new Map(agents.map((settings) => [endpointIdOf(source, settings.id), settings]));
    for (const [key, { remote }] of kept) {
      if (remote.source !== source || wanted.has(key)) continue;
      kept.delete(key);
      remote.stop();
    }
    for (const [key, settings] of wanted) {
      const text = JSON.stringify(settings);
      const known = kept.get(key);
      if (known?.text === text) continue;
      known?.remote.stop();
      const remote = new RemoteAgent(source, settings, options);
      kept.set(key, { text, remote });
      remote.start();
    }
  };
  return {
    name: 'remote agents',
    set,
    list: () => Array.from(kept.values(), ({ remote }) => remote.view()),
    start: async () => {},
    async stop() {
      for (const { remote } of kept.values()) remote.stop();
      kept.clear();
    },
  };
}

/** An agent's and a deployment's id have no `@`: this one never means anything else. */
function endpointIdOf(source: RemoteSource, id: string): string {
  return `${id}@${source}`;
}

const capacity = 1_000;
const failuresUntilFailed = 2;
const longestKeptPolls = 4;

class RemoteAgent {
  readonly source: RemoteSource;
  readonly #settings: RemoteAgentSettings;
  readonly #options: RemoteAgentsOptions;
  readonly #link: RemoteLink;
  readonly #executor: AgentExecutor;
  readonly #stop = new AbortController();
  #known: ReadCard | undefined;
  #readAtMs: number | undefined;
  #failures = 0;
  #reason: string | undefined;

  constructor(source: RemoteSource, settings: RemoteAgentSettings, options: RemoteAgentsOptions) {
    this.source = source;
    this.#settings = settings;
    this.#options = options;
    this.#reason = settings.problem;
    this.#link = options.open(settings);
    this.#executor = this.#link.createExecutor(() => this.#known?.card);
  }

  start(): void {
    this.#announce();
    if (this.#settings.problem === undefined) void this.#poll();
  }

  stop(): void {
    this.#stop.abort(new ParleyError('CANCELED', 'The agent is no longer looked at.'));
    this.#options.registry.withdraw(this.#endpointId);
    this.#link.close().catch(() => {});
  }

  view(): RemoteAgentView {
    const { id, url, agent = id } = this.#settings;
    const reason = this.#reason ?? this.#conflict();
    return {
      ...{ id, agentId: agent, url, source: this.source, status: this.#status() },
      ...(reason !== undefined && { reason }),
      ...(this.#readAtMs !== undefined && { readAtMs: this.#readAtMs }),
    };
  }

  get #endpointId(): string {
    return endpointIdOf(this.source, this.#settings.id);
  }

  /** Why calls of its agent do not come here. */
  #conflict(): string | undefined {
    try {
      return this.#options.registry.resolve(this.#endpointId).listing.reason;
    } catch {
      return undefined;
    }
  }

  #status(): AgentStatus {
    if (this.#reason !== undefined) return 'failed';
    return this.#known === undefined ? 'starting' : 'healthy';
  }

  async #poll(): Promise<void> {
    const { pollMs } = this.#options;
    try {
      const read = await this.#link.reader.read(this.#known, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      this.#take(read);
      this.#later(Math.min(Math.max(pollMs, read.maxAgeMs), longestKeptPolls * pollMs));
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      this.#fail(ParleyError.from(thrown));
      const backoff = { baseMs: Math.min(1_000, pollMs), multiplier: 2, maxMs: pollMs };
      this.#later(computeBackoffMs(backoff, this.#failures - 1));
    }
  }

  #later(delayMs: number): void {
    const { clock } = this.#options;
    const cancel = clock.schedule(delayMs, () => {
      this.#stop.signal.removeEventListener('abort', cancel);
      if (!this.#stop.signal.aborted) void this.#poll();
    });
    this.#stop.signal.addEventListener('abort', cancel, { once: true });
  }

  #take(read: ReadCard): void {
    const isSame = read.card === this.#known?.card && this.#reason === undefined;
    const wasFailed = this.#reason !== undefined;
    this.#known = read;
    this.#failures = 0;
    this.#readAtMs = this.#options.clock.now();
    this.#reason = chooseWay(read.card) ? undefined : 'its card names no address by JSON-RPC or HTTP+JSON';
    if (!isSame) this.#announce();
    if (wasFailed && this.#reason === undefined) {
      this.#options.logger.info('a remote agent is there again', { agent: this.#settings.id });
    }
  }

  /** What was read once outlives one failure: it may be the network's. */
  #fail(error: ParleyError): void {
    this.#failures++;
    if (this.#known !== undefined && this.#failures < failuresUntilFailed) return;
    const isNews = this.#reason === undefined;
    this.#reason = error.message;
    this.#announce();
    if (isNews) {
      this.#options.logger.warn('a remote agent cannot be read', { agent: this.#settings.id, error: error.message });
    }
  }

  #announce(): void {
    try {
      this.#options.registry.announce(this.#toEndpoint());
    } catch (thrown) {
      this.#reason = ParleyError.from(thrown).message;
      this.#options.logger.warn('a remote agent is not announced', { agent: this.#settings.id, error: this.#reason });
    }
  }

  #toEndpoint(): Endpoint {
    const { id, agent: agentId = id, tags = [], weight, zone } = this.#settings;
    const status = this.#status();
    const reason = this.#reason;
    return {
      id: this.#endpointId,
      agentId,
      record: createRemoteRecord({ agentId, card: this.#known?.card, tags }),
      executor: this.#executor,
      capacity: status === 'healthy' ? capacity : 0,
      status,
      source: this.source,
      ...(reason !== undefined && { reason }),
      ...(weight !== undefined && { weight }),
      ...(zone !== undefined && { zone }),
    };
  }
}

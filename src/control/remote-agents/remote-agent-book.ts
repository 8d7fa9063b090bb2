import { type Clock, type Component, hasCode, isObject, type Logger, ParleyError } from '../../base/index.ts';
import type { CardKey } from '../../protocol/index.ts';
import type { Registry, RemoteAgentSettings, RemoteAgents, RemoteAgentView, RemoteLink } from '../../registry/index.ts';
import type { Sealer } from '../../security/index.ts';
import type { Store, StoredDocument } from '../../store/index.ts';

/** The collection that holds the agents which operators have added; its index is `all`. */
export const remoteAgentCollection = 'remote-agents';

/** An agent that an operator adds. */
export interface NewRemoteAgent {
  readonly url: string;
  /** Default: made of the name on its card. */
  readonly id?: string | undefined;
  readonly agent?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly weight?: number | undefined;
  readonly zone?: string | undefined;
  /** The keys that its card must be signed with. */
  readonly keys?: readonly CardKey[] | undefined;
  /** A header that every call carries; sealed at rest, never returned. */
  readonly credential?: { readonly header: string; readonly value: string } | undefined;
}

export interface RemoteAgentBookOptions {
  readonly store: Pick<Store, 'commit' | 'find'>;
  readonly sealer: Sealer;
  readonly agents: RemoteAgents;
  readonly registry: Pick<Registry, 'list'>;
  readonly open: (settings: RemoteAgentSettings) => RemoteLink;
  readonly clock: Clock;
  readonly logger: Logger;
}

const reloadMs = 5_000;
const readTimeoutMs = 15_000;
const pageSize = 100;
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const reserved: ReadonlySet<string> = new Set(['health', 'agent', 'v1', 'tenants', 'parley']);

interface Stored extends Omit<RemoteAgentSettings, 'headers' | 'problem'> {
  /** The headers as JSON, sealed. */
  readonly sealed?: string;
}

/** The remote agents that operators have added: kept in the store, and the same on every node of it. */
export class RemoteAgentBook implements Component {
  readonly name = 'added agents';
  readonly #options: RemoteAgentBookOptions;
  #cancel = (): void => {};
  #stopped = false;

  constructor(options: RemoteAgentBookOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#load();
    this.#reloadLater();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
  }

  /** From every source. */
  list(): readonly RemoteAgentView[] {
    return this.#options.agents.list();
  }

  /**
   * Reads the card and keeps the agent; with the id of one that was added before, in its place. AGENT_UNAVAILABLE, PERMISSION_DENIED or
   * INVALID_AGENT_RESPONSE when there is no card to be had, CONFLICT when the id belongs to another agent.
   */
  async add(agent: NewRemoteAgent): Promise<RemoteAgentView> {
    const { credential, ...given } = agent;
    const url = checkUrl(agent.url);
    const headers = credential && { [credential.header.toLowerCase()]: credential.value };
    const name = await this.#readName({ id: '', url, headers, keys: agent.keys });
    const id = given.id ?? toId(name);
    this.#checkId(id, given.agent ?? id);
    const sealed = headers && this.#options.sealer.seal(JSON.stringify(headers));
    const stored: Stored = { ...given, id, url, ...(sealed !== undefined && { sealed }) };
    const indexes = { all: { equals: 'all', sort: id } };
    await this.#put(id, { value: JSON.stringify(stored), indexes });
    return this.#viewOf(id);
  }

  /** NOT_FOUND when no agent of that id was added. */
  async remove(id: string): Promise<void> {
    this.#viewOf(id);
    await this.#put(id, {});
  }

  async #put(
    id: string,
    change: { value?: string; indexes?: { all: { equals: string; sort: string } } },
  ): Promise<void> {
    await this.#options.store.commit({ key: id, documents: [{ collection: remoteAgentCollection, ...change }] });
    await this.#load();
  }

  #viewOf(id: string): RemoteAgentView {
    const found = this.list().find((view) => view.source === 'added' && view.id === id);
    if (found) return found;
    throw new ParleyError('NOT_FOUND', `No agent "${id}" was added. "parley agents remote" shows those there are.`);
  }

  async #readName(settings: RemoteAgentSettings): Promise<string> {
    const link = this.#options.open(settings);
    try {
      return (await link.reader.read(undefined, AbortSignal.timeout(readTimeoutMs))).card.name;
    } catch (thrown) {
      if (!hasCode(thrown, 'UNREACHABLE')) throw thrown;
      throw new ParleyError('AGENT_UNAVAILABLE', thrown.message, { cause: thrown });
    } finally {
      await link.close();
    }
  }

  #checkId(id: string, agentId: string): void {
    for (const one of [id, agentId]) {
      if (!idPattern.test(one) || reserved.has(one)) {
        throw new ParleyError('VALIDATION_FAILED', `${JSON.stringify(one)} cannot be an agent's id; give another one.`);
      }
    }
    const own = new Set(this.list().map((view) => `${view.id}@${view.source}`));
    const holder = this.#options.registry.list({ id: agentId }).find(({ record }) => record.id === agentId);
    const foreign = holder?.deployments.filter((endpointId) => !own.has(endpointId)) ?? [];
    if (foreign.length === 0) return;
    throw new ParleyError('CONFLICT', `The agent id "${agentId}" belongs to ${foreign.join(', ')}; give another one.`);
  }

  #reloadLater(): void {
    this.#cancel = this.#options.clock.schedule(reloadMs, () => {
      this.#load()
        .catch((thrown: unknown) => {
          this.#options.logger.warn('added agents cannot be read', { error: ParleyError.from(thrown).message });
        })
        .finally(() => this.#stopped || this.#reloadLater());
    });
  }

  async #load(): Promise<void> {
    const { store, agents } = this.#options;
    const query = { collection: remoteAgentCollection, index: 'all', equals: 'all', order: 'ascending' } as const;
    const found: RemoteAgentSettings[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.find({ ...query, limit: pageSize, ...(cursor !== undefined && { cursor }) });
      found.push(...page.documents.map((document) => this.#unseal(document)));
      cursor = page.cursor;
    } while (cursor !== undefined);
    if (!this.#stopped) agents.set('added', found);
  }

  #unseal({ value }: StoredDocument): RemoteAgentSettings {
    const { sealed, ...settings } = JSON.parse(value) as Stored;
    if (sealed === undefined) return settings;
    try {
      const headers: unknown = JSON.parse(this.#options.sealer.open(sealed));
      return { ...settings, headers: isObject(headers) ? (headers as Record<string, string>) : {} };
    } catch (thrown) {
      return { ...settings, problem: `its credential cannot be opened: ${ParleyError.from(thrown).message}` };
    }
  }
}

function checkUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return text;
  throw new ParleyError('VALIDATION_FAILED', 'The address must be an http or https address without a user in it.');
}

function toId(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  if (id !== '') return id;
  throw new ParleyError('VALIDATION_FAILED', 'The card has no name that an id could be made of; give an id.');
}

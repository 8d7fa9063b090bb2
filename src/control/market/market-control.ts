import { ParleyError } from '../../base/index.ts';
import type {
  Market,
  MarketAgentStatus,
  MarketRequest,
  Negotiation,
  NegotiationPage,
  NegotiationQuery,
  NegotiationThread,
} from '../../market/index.ts';
import { v1Codec } from '../../protocol/index.ts';

/** Opens the market when somebody first asks for it. */
export type OpenMarket = () => Promise<Market>;

/** Parts as A2A 1.0 writes them. */
type JsonParts = readonly object[];

/** What an operator may ask for; the rest is the node's. */
export type NegotiationRequest = Omit<MarketRequest, 'input' | 'trace' | 'causationId' | 'party'> & {
  readonly input?: JsonParts;
};

/** A negotiation as programs read it. */
export type NegotiationView = Omit<Negotiation, 'result'> & { readonly result?: JsonParts };

/** A negotiation with its records as programs read it. */
export type NegotiationThreadView = Omit<NegotiationThread, 'result'> & { readonly result?: JsonParts };

/** A page of a list, newest first. */
export type NegotiationPageView = Omit<NegotiationPage, 'negotiations'> & {
  readonly negotiations: readonly NegotiationView[];
};

/** An agent with a role as programs read it. */
export type MarketAgentView = Omit<MarketAgentStatus, 'requester' | 'provider'> & {
  readonly requester?: { readonly pendingRequests: readonly NegotiationView[] };
  readonly provider?: Omit<NonNullable<MarketAgentStatus['provider']>, 'activeNegotiations'> & {
    readonly activeNegotiations: readonly NegotiationView[];
  };
};

/** Work that is put out to tender, for operators. Errors are the market's; CONFIG_INVALID where the node has none. */
export interface MarketControl {
  request(request: NegotiationRequest): Promise<NegotiationView>;
  list(query: NegotiationQuery): Promise<NegotiationPageView>;
  show(taskId: string): Promise<NegotiationThreadView>;
  /** As it is, then after each change; ends with the negotiation. */
  follow(taskId: string, signal: AbortSignal): AsyncIterable<NegotiationView>;
  withdraw(taskId: string, reason?: string): Promise<NegotiationView>;
  /** Agents with a role on this node. */
  agents(): Promise<readonly MarketAgentView[]>;
  /** One of them. NOT_FOUND for one that has no role. */
  agent(agentId: string): Promise<MarketAgentView>;
}

/** The use cases over the market; undefined: the node has none. */
export function createMarketControl(open: OpenMarket = noMarket): MarketControl {
  return {
    async request({ input, ...request }) {
      const market = await open();
      return toView(await market.request({ ...request, ...(input && { input: readParts(input) }) }));
    },
    async list(query) {
      const { negotiations, ...page } = await (await open()).list(query);
      return { ...page, negotiations: negotiations.map(toView) };
    },
    show: async (taskId) => toView(await (await open()).show(taskId)),
    async *follow(taskId, signal) {
      for await (const negotiation of (await open()).follow(taskId, signal)) yield toView(negotiation);
    },
    withdraw: async (taskId, reason) => toView(await (await open()).withdraw(taskId, reason)),
    agents: async () => (await (await open()).agents()).map(toAgentView),
    agent: async (agentId) => toAgentView(await (await open()).statusOf(agentId)),
  };
}

async function noMarket(): Promise<Market> {
  throw new ParleyError('CONFIG_INVALID', 'This node has no market. Set market.enabled, and start it again.');
}

function toView<T extends Negotiation>({ result, ...negotiation }: T): Omit<T, 'result'> & { result?: JsonParts } {
  return { ...negotiation, ...(result && { result: writeParts(result) }) };
}

function toAgentView({ requester, provider, ...status }: MarketAgentStatus): MarketAgentView {
  return {
    ...status,
    ...(requester && { requester: { pendingRequests: requester.pendingRequests.map(toView) } }),
    ...(provider && { provider: { ...provider, activeNegotiations: provider.activeNegotiations.map(toView) } }),
  };
}

/** INVALID_PARAMS for what is no part. */
function readParts(parts: JsonParts): NonNullable<MarketRequest['input']> {
  return v1Codec.decodeSend({ message: { messageId: 'input', role: 'ROLE_USER', parts } }).message.parts;
}

function writeParts(parts: NonNullable<Negotiation['result']>): JsonParts {
  const message = { messageId: 'result', role: 'agent' as const, parts };
  const written = v1Codec.encodeStreamItem({ kind: 'message', message }) as { message: { parts: JsonParts } };
  return written.message.parts;
}

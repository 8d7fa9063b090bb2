export { marketAgentId, marketCollections } from './collections.ts';
export type {
  Market,
  MarketAgentStatus,
  MarketAward,
  MarketOffer,
  MarketRequest,
  MarketRole,
  Negotiation,
  NegotiationPage,
  NegotiationPhase,
  NegotiationQuery,
  NegotiationThread,
  QueuedAward,
  ThreadEntry,
} from './port.ts';
export type { MarketSettings } from './roles/market-settings.ts';

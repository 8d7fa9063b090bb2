export { createMarketEndpoint } from './market-endpoint.ts';
export { type MarketOptions, RunningMarket } from './running-market.ts';

export { createGateway, type Gateway } from './gateway.ts';
export type { GatewayLimits, GatewayOptions, GatewayServices } from './options.ts';

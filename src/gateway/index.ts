export { createGateway, type Gateway } from './gateway.ts';
export { defaultGatewayLimits, type GatewayLimits, type GatewayOptions, type GatewayServices } from './options.ts';

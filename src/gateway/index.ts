export { createGateway, type Gateway } from './gateway.ts';
export type { GatewayOptions } from './options.ts';
export type { SurfacePort } from './surfaces/surface-listeners.ts';

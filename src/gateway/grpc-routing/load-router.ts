import { ownServices } from '../grpc/own-services.ts';
import type { CallRouter } from './call-router.ts';
import type { RoutingDesk } from './routing-desk.ts';

/** How the router of a port is made when the first connection comes. `further`: more services that the port answers itself. */
export function createRouterLoader(desk: RoutingDesk, further: readonly string[] = []): () => Promise<CallRouter> {
  const isOwn = (service: string): boolean => ownServices.has(service) || further.includes(service);
  return async () => (await import('./call-router.ts')).createCallRouter(desk, isOwn);
}

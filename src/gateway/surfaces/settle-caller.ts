import type { Principal } from '../../security/index.ts';
import { callerOf } from '../tls/caller-connections.ts';
import type { SurfaceDesk } from './surface-desk.ts';
import type { Asked, Visited } from './visit.ts';

/** Who visits a deployment's surfaces, and that it may: before anything is read or looked for. UNAUTHENTICATED, PERMISSION_DENIED, RATE_LIMITED. */
export async function settleCaller(
  desk: SurfaceDesk,
  { request, endpoint }: Pick<Asked & Visited, 'request' | 'endpoint'>,
): Promise<Principal> {
  const { authenticator, admission } = desk.services();
  const principal = await authenticator.authenticate(request.headers.authorization, callerOf(request));
  admission.require(principal, { agentId: endpoint.agentId, operation: 'call' });
  return principal;
}

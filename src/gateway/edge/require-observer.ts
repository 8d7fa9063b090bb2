import type { IncomingMessage } from 'node:http';
import { ParleyError } from '../../base/index.ts';
import { type Authenticator, rolesOf } from '../../security/index.ts';
import { callerOf } from '../tls/caller-connections.ts';

/** The role whose bearers may read figures. */
const observerRole = 'metrics';

/** Where callers have an identity, figures are for operators and for those with the role. UNAUTHENTICATED, PERMISSION_DENIED. */
export async function requireObserver(authenticator: Authenticator, request: IncomingMessage): Promise<void> {
  if (!authenticator.requiresIdentity) return;
  const principal = await authenticator.authenticate(request.headers.authorization, callerOf(request));
  if (principal.kind === 'operator' || rolesOf(principal).includes(observerRole)) return;
  throw new ParleyError('PERMISSION_DENIED', `${principal.id} needs the role "${observerRole}" to read figures.`);
}

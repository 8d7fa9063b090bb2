import { ParleyError } from '../../base/index.ts';
import type { Authenticator } from '../../security/index.ts';
import type { GrpcCall } from './methods.ts';
import type { PeerUsers } from './peer-users.ts';

export interface CallerCheckOptions {
  readonly endpointId: string;
  readonly peerUsers: Pick<PeerUsers, 'find'>;
  /** Users whose processes need no credential. */
  readonly users: readonly number[];
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
}

/**
 * Lets in who may use what belongs to one deployment alone: with a credential its workers and the operator; without one, as
 * packages that know of none call, processes of its user or the node's. UNAUTHENTICATED, PERMISSION_DENIED.
 */
export async function checkCaller(
  { metadata, peer }: Pick<GrpcCall, 'metadata' | 'peer'>,
  { endpointId, peerUsers, users, authenticator }: CallerCheckOptions,
): Promise<void> {
  const [authorization] = metadata.get('authorization');
  if (authorization !== undefined) {
    const principal = await authenticator.authenticate(authorization.toString());
    if (principal.kind === 'operator') return;
    if (principal.kind === 'worker' && principal.deploymentId === endpointId) return;
    throw new ParleyError('PERMISSION_DENIED', `Only deployment ${endpointId} and the operator may call this port.`);
  }
  const callers = await peerUsers.find(peer);
  if (callers.length > 0 && callers.every((user) => users.includes(user))) return;
  throw new ParleyError(
    'UNAUTHENTICATED',
    `This port belongs to deployment ${endpointId}, and the caller's user could not be told or is another. Send "authorization: Bearer $PARLEY_TOKEN", or call over the deployment's Unix socket.`,
  );
}

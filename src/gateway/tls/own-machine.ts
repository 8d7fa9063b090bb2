import type { Socket } from 'node:net';
import { isLoopbackHost } from '../edge/host-name.ts';

/** True when the caller is on this machine: over loopback, or over an address that both ends have. */
export function isFromThisMachine({
  remoteAddress,
  localAddress,
}: Pick<Socket, 'remoteAddress' | 'localAddress'>): boolean {
  if (remoteAddress === undefined) return false;
  return isLoopbackHost(remoteAddress.replace(/^::ffff:/, '')) || remoteAddress === localAddress;
}

import type { IncomingMessage } from 'node:http';

/** How the caller speaks to this node itself. */
export function schemeOf({ socket }: Pick<IncomingMessage, 'socket'>): 'http' | 'https' {
  return 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http';
}

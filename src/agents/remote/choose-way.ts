import type { AgentCard, AgentInterface } from '../../protocol/index.ts';

/** One address of a remote agent that is spoken here. */
export type RemoteWay = AgentInterface & { readonly protocolBinding: 'JSONRPC' | 'HTTP+JSON' };

/** The card's first address by JSON-RPC or HTTP+JSON, the newest version before what the card prefers; undefined: none. */
export function chooseWay({ supportedInterfaces }: Pick<AgentCard, 'supportedInterfaces'>): RemoteWay | undefined {
  const spoken = supportedInterfaces.filter(isSpoken);
  return spoken.find(({ protocolVersion }) => protocolVersion === '1.0') ?? spoken[0];
}

function isSpoken(way: AgentInterface): way is RemoteWay {
  return way.protocolBinding !== 'GRPC' && (way.protocolVersion === '1.0' || way.protocolVersion === '0.3');
}

import type { BridgeAgent, BridgeView, Letter } from '../../bridge/index.ts';
import type { NodeConnection } from './node-connection.ts';

/** The bridge of a node to Redis agents. */
export interface BridgeClient {
  view(): Promise<BridgeView>;
  setSwitch(id: string, on: boolean): Promise<BridgeAgent>;
  letters(limit: number): Promise<readonly Letter[]>;
}

const path = '/api/v1/bridge';

/** The part of a client that is about the bridge. */
export function createBridgeClient(connection: NodeConnection): BridgeClient {
  return {
    view: () => connection.json({ method: 'GET', path }) as Promise<BridgeView>,
    setSwitch(id, on) {
      const place = `${path}/agents/${encodeURIComponent(id)}/${on ? 'on' : 'off'}`;
      return connection.json({ method: 'POST', path: place, body: {} }) as Promise<BridgeAgent>;
    },
    async letters(limit) {
      const answer = await connection.json({ method: 'GET', path: `${path}/letters?limit=${limit}` });
      return (answer as { letters: Letter[] }).letters;
    },
  };
}

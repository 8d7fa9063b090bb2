import type { BreakerView } from '../../resilience/index.ts';
import type { NodeConnection } from './node-connection.ts';

/** The circuit breakers of a fabric, by way of one of its nodes. */
export interface BreakerClient {
  list(): Promise<readonly BreakerView[]>;
  open(agentId: string, opening: { readonly forMs?: number; readonly reason?: string }): Promise<BreakerView>;
  close(agentId: string): Promise<BreakerView>;
}

const path = '/api/v1/breakers';

/** The part of a client that is about breakers. */
export function createBreakerClient(connection: NodeConnection): BreakerClient {
  const post = (agentId: string, verb: string, body: object): Promise<BreakerView> => {
    const request = { method: 'POST', path: `${path}/${encodeURIComponent(agentId)}/${verb}`, body } as const;
    return connection.json(request) as Promise<BreakerView>;
  };
  return {
    list: async () => ((await connection.json({ method: 'GET', path })) as { breakers: BreakerView[] }).breakers,
    open: (agentId, opening) => post(agentId, 'open', opening),
    close: (agentId) => post(agentId, 'close', {}),
  };
}

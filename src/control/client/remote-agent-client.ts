import type { RemoteAgentView } from '../../registry/index.ts';
import type { NewRemoteAgent } from '../remote-agents/remote-agent-book.ts';
import type { NodeConnection } from './node-connection.ts';

/** The agents of a node that run elsewhere. */
export interface RemoteAgentClient {
  list(): Promise<readonly RemoteAgentView[]>;
  add(agent: NewRemoteAgent): Promise<RemoteAgentView>;
  remove(id: string): Promise<void>;
}

const path = '/api/v1/remote-agents';

/** The part of a client that is about agents which run elsewhere. */
export function createRemoteAgentClient(connection: NodeConnection): RemoteAgentClient {
  return {
    list: async () => ((await connection.json({ method: 'GET', path })) as { agents: RemoteAgentView[] }).agents,
    add: (agent) => connection.json({ method: 'POST', path, body: agent }) as Promise<RemoteAgentView>,
    async remove(id) {
      await connection.json({ method: 'DELETE', path: `${path}/${encodeURIComponent(id)}` });
    },
  };
}

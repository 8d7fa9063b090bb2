import type { ApiKey, CreatedApiKey, NewApiKey } from '../../security/index.ts';
import type { NodeConnection } from './node-connection.ts';

/** The API keys of a node. */
export interface KeyClient {
  create(request: NewApiKey): Promise<CreatedApiKey>;
  list(): Promise<readonly ApiKey[]>;
  revoke(id: string): Promise<void>;
}

const path = '/api/v1/keys';

/** The part of a client that is about API keys. */
export function createKeyClient(connection: NodeConnection): KeyClient {
  return {
    create: (body) => connection.json({ method: 'POST', path, body }) as Promise<CreatedApiKey>,
    list: async () => ((await connection.json({ method: 'GET', path })) as { keys: ApiKey[] }).keys,
    revoke: async (id) => void (await connection.json({ method: 'DELETE', path: `${path}/${encodeURIComponent(id)}` })),
  };
}

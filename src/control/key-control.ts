import { ParleyError } from '../base/index.ts';
import type { ApiKey, ApiKeys, CreatedApiKey, NewApiKey } from '../security/index.ts';

/** API keys of callers from outside. */
export interface KeyControl {
  /** The answer holds the key, which is never shown again. UNSUPPORTED_OPERATION where keys do not count. */
  create(request: NewApiKey): Promise<CreatedApiKey>;
  /** Newest first, without the keys themselves. */
  list(): Promise<readonly ApiKey[]>;
  /** NOT_FOUND for an id that no key has. */
  revoke(id: string): Promise<void>;
}

/** Use cases over API keys; `apiKeys` undefined: they do not count on this node. */
export function createKeyControl(apiKeys: ApiKeys | undefined): KeyControl {
  const keys = (): ApiKeys => {
    if (apiKeys) return apiKeys;
    const message = 'API keys do not count on this node. Add "keys" to the setting identity.modes, and start it again.';
    throw new ParleyError('UNSUPPORTED_OPERATION', message);
  };
  return {
    create: async (request) => keys().create(request),
    list: async () => keys().list(),
    revoke: async (id) => keys().revoke(id),
  };
}

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BoundedCache, type Clock, ParleyError } from '../../base/index.ts';
import type { Right } from './right.ts';

/** What every API key begins with. */
export const apiKeyPrefix = 'pk1';

/** Where keys are kept: JSON texts by id. What `put` and `remove` resolved for is durable. */
export interface ApiKeyRecords {
  get(id: string): Promise<string | undefined>;
  put(id: string, record: string): Promise<void>;
  remove(id: string): Promise<void>;
  list(): Promise<readonly string[]>;
}

/** What a new key says of its bearer. */
export interface NewApiKey {
  readonly subject: string;
  readonly roles: readonly string[];
  /** Undefined: what the roles give. */
  readonly rights?: readonly Right[] | undefined;
  /** Ms since the epoch; undefined: until it is revoked. */
  readonly expiresAtMs?: number | undefined;
}

/** A key as it may be shown: without what it is checked with. */
export interface ApiKey extends NewApiKey {
  readonly id: string;
  readonly createdAtMs: number;
}

/** A new key, and the only time that its text is seen. */
export interface CreatedApiKey extends ApiKey {
  readonly key: string;
}

/** Keys by which callers from outside show who they are. Of a key only the SHA-256 of its 256 random bits is kept. */
export interface ApiKeys {
  create(request: NewApiKey): Promise<CreatedApiKey>;
  /** Newest first; those that have expired, too. */
  list(): Promise<readonly ApiKey[]>;
  /** NOT_FOUND for an id that no key has. Other nodes follow within five seconds. */
  revoke(id: string): Promise<void>;
  /** Undefined for a key that is unknown, altered, revoked or expired. */
  verify(key: string): Promise<ApiKey | undefined>;
}

export interface ApiKeysOptions {
  readonly records: ApiKeyRecords;
  readonly clock: Clock;
}

interface StoredKey extends ApiKey {
  readonly hash: string;
}

/** How long what was read of a key counts, so that a key revoked elsewhere stops working soon. */
const freshMs = 5_000;
const maxCached = 10_000;
const keyForm = /^pk1\.([\w-]{12})\.([\w-]{43})$/;

/** API keys over their records. */
export function createApiKeys({ records, clock }: ApiKeysOptions): ApiKeys {
  const cache = new BoundedCache<string, StoredKey>(maxCached, { clock, keptMs: freshMs });
  const load = async (id: string): Promise<StoredKey | undefined> => {
    const known = cache.get(id);
    if (known) return known;
    const text = await records.get(id);
    if (text === undefined) return undefined;
    const stored = JSON.parse(text) as StoredKey;
    cache.set(id, stored);
    return stored;
  };
  return {
    async create(request) {
      const id = randomBytes(9).toString('base64url');
      const secret = randomBytes(32).toString('base64url');
      const record: ApiKey = { id, ...request, createdAtMs: clock.now() };
      await records.put(id, JSON.stringify({ ...record, hash: hash(secret).toString('base64url') }));
      return { ...record, key: `${apiKeyPrefix}.${id}.${secret}` };
    },
    async list() {
      const stored = (await records.list()).map((text) => JSON.parse(text) as StoredKey);
      return stored.map(withoutHash).sort((a, b) => b.createdAtMs - a.createdAtMs);
    },
    async revoke(id) {
      if ((await records.get(id)) === undefined) throw unknownKey(id);
      await records.remove(id);
      cache.delete(id);
    },
    async verify(key) {
      const [, id = '', secret = ''] = keyForm.exec(key) ?? [];
      const stored = id === '' ? undefined : await load(id);
      if (!stored || !timingSafeEqual(hash(secret), Buffer.from(stored.hash, 'base64url'))) return undefined;
      return stored.expiresAtMs !== undefined && stored.expiresAtMs <= clock.now() ? undefined : withoutHash(stored);
    },
  };
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function withoutHash({ hash: _hash, ...key }: StoredKey): ApiKey {
  return key;
}

function unknownKey(id: string): ParleyError {
  const message = `There is no API key ${id.slice(0, 64)}. "parley keys list" shows them.`;
  return new ParleyError('NOT_FOUND', message);
}

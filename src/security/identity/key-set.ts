import type { createLocalJWKSet, JSONWebKeySet } from 'jose';
import { type Clock, isObject, ParleyError } from '../../base/index.ts';

/** Fetches JSON. Rejects with what went wrong; a status that is not 200 is wrong, too. */
export type FetchJson = (url: string) => Promise<unknown>;

/** Finds the key for a token, as jose wants it. */
export type FindKey = ReturnType<typeof createLocalJWKSet>;

/** The public keys of an issuer. */
export interface KeySet {
  /** UNAVAILABLE when they cannot be had. */
  current(): Promise<FindKey>;
  /** After a token with a key that was not among them: newer keys, or undefined when they have just been fetched. */
  renewed(): Promise<FindKey | undefined>;
}

export interface KeySetOptions {
  readonly issuer: string;
  /** Default: what the issuer's `/.well-known/openid-configuration` says. */
  readonly jwksUrl: string | undefined;
  readonly fetchJson: FetchJson;
  readonly clock: Pick<Clock, 'now'>;
}

/** Keys of this age are fetched again, and until that works used on for as long as `staleMs` says. */
const freshMs = 10 * 60_000;
const staleMs = 60 * 60_000;
/** Between two fetches, however many tokens name keys that are not there. */
const cooldownMs = 30_000;
const failureCooldownMs = 5_000;

/** Keys that are fetched when they are needed, by one fetch at a time, and kept. */
export function createKeySet(options: KeySetOptions): KeySet {
  const { clock } = options;
  let kept: { readonly find: FindKey; readonly atMs: number } | undefined;
  let failed: { readonly error: ParleyError; readonly atMs: number } | undefined;
  let running: Promise<FindKey> | undefined;
  const fetchNow = async (): Promise<FindKey> => {
    try {
      const find = await loadKeys(options);
      kept = { find, atMs: clock.now() };
      failed = undefined;
      return find;
    } catch (thrown) {
      failed = { error: unavailable(options.issuer, thrown), atMs: clock.now() };
      throw failed.error;
    } finally {
      running = undefined;
    }
  };
  const fetchOnce = (): Promise<FindKey> => {
    if (failed && clock.now() - failed.atMs < failureCooldownMs) return Promise.reject(failed.error);
    running ??= fetchNow();
    return running;
  };
  return {
    async current() {
      const known = kept;
      const ageMs = known ? clock.now() - known.atMs : Number.POSITIVE_INFINITY;
      if (known && ageMs < freshMs) return known.find;
      if (!known || ageMs >= staleMs) return fetchOnce();
      return fetchOnce().catch(() => known.find);
    },
    async renewed() {
      return kept && clock.now() - kept.atMs < cooldownMs ? undefined : fetchOnce();
    },
  };
}

async function loadKeys({ issuer, jwksUrl, fetchJson }: KeySetOptions): Promise<FindKey> {
  const url = jwksUrl ?? (await discoverKeys(issuer, fetchJson));
  const set = await fetchJson(url);
  const { createLocalJWKSet } = await import('jose');
  return createLocalJWKSet(set as JSONWebKeySet);
}

async function discoverKeys(issuer: string, fetchJson: FetchJson): Promise<string> {
  const document = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer: named, jwks_uri: url } = isObject(document) ? document : {};
  if (named !== issuer) throw new Error(`the document at ${issuer} is that of another issuer`);
  const isSafe =
    typeof url === 'string' && (url.startsWith('https:') || new URL(url).origin === new URL(issuer).origin);
  if (!isSafe) throw new Error(`the document of ${issuer} names no https address of its keys`);
  return url;
}

function unavailable(issuer: string, cause: unknown): ParleyError {
  const message = `The keys of ${issuer} cannot be had, so its tokens cannot be checked. Try again in a moment.`;
  return new ParleyError('UNAVAILABLE', message, { cause, retryAfterMs: failureCooldownMs });
}

import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { BoundedCache, type Clock, isObject, ParleyError } from '../../base/index.ts';
import { createKeySet, type FetchJson, type FindKey, type KeySet } from './key-set.ts';

/** Which tokens count. */
export interface JwtSettings {
  /** Exactly as the tokens name it in `iss`. */
  readonly issuer: string;
  /** What `aud` must hold. */
  readonly audience: string;
  /** Where the issuer's keys are; default: by OpenID Connect discovery. */
  readonly jwksUrl?: string | undefined;
  /** Nothing else is accepted, whatever a token says of itself. */
  readonly algorithms: readonly string[];
  /** How far clocks may differ. */
  readonly clockSkewMs: number;
  /** Who the caller is; a dot goes one level down. */
  readonly subjectClaim: string;
  /** Its roles: a list of texts, or one text with blanks between. */
  readonly rolesClaim: string;
}

/** What a token says of its bearer. */
export interface TokenSubject {
  readonly subject: string;
  readonly roles: readonly string[];
}

/** Checks JSON Web Tokens of one issuer. */
export interface JwtVerifier {
  /** Undefined for a token that does not count; UNAVAILABLE when the issuer's keys cannot be had. */
  verify(token: string): Promise<TokenSubject | undefined>;
}

export interface JwtVerifierOptions {
  readonly settings: JwtSettings;
  readonly fetchJson: FetchJson;
  readonly clock: Clock;
}

/** So long a token that was checked counts unseen: a key that its issuer withdraws works no longer than this. */
const checkedMs = 60_000;
const maxChecked = 10_000;
const maxTokenLength = 8_192;

/** A verifier that fetches the issuer's keys when the first token comes. */
export function createJwtVerifier({ settings, fetchJson, clock }: JwtVerifierOptions): JwtVerifier {
  const { issuer, jwksUrl } = settings;
  const keys = createKeySet({ issuer, jwksUrl, fetchJson, clock });
  const checked = new BoundedCache<string, TokenSubject>(maxChecked, { clock, keptMs: checkedMs });
  return {
    async verify(token) {
      if (token.length > maxTokenLength) return undefined;
      const name = createHash('sha256').update(token).digest('base64url');
      const known = checked.get(name);
      if (known) return known;
      const payload = await verifyToken(token, { settings, keys, nowMs: clock.now() });
      const subject = payload && readSubject(payload, settings);
      if (subject) checked.set(name, subject, (payload.exp ?? 0) * 1_000 + settings.clockSkewMs);
      return subject;
    },
  };
}

interface Check {
  readonly settings: JwtSettings;
  readonly keys: KeySet;
  readonly nowMs: number;
}

async function verifyToken(token: string, check: Check): Promise<JWTPayload | undefined> {
  const jose = await import('jose');
  // What cannot count anyway is not worth asking the issuer.
  if (!mayCount(jose, token, check.settings)) return undefined;
  const verify = async (find: FindKey): Promise<JWTPayload> => {
    const { issuer, audience, algorithms, clockSkewMs } = check.settings;
    const { payload } = await jose.jwtVerify(token, find, {
      ...{ issuer, audience, algorithms: [...algorithms], clockTolerance: clockSkewMs / 1_000 },
      ...{ requiredClaims: ['exp'], currentDate: new Date(check.nowMs) },
    });
    return payload;
  };
  const current = await check.keys.current();
  try {
    return await verify(current);
  } catch (thrown) {
    if (!(thrown instanceof jose.errors.JWKSNoMatchingKey)) return refuse(jose, thrown);
  }
  const renewed = await check.keys.renewed();
  return renewed && verify(renewed).catch((thrown: unknown) => refuse(jose, thrown));
}

type Jose = typeof import('jose');

function mayCount({ decodeJwt, decodeProtectedHeader }: Jose, token: string, settings: JwtSettings): boolean {
  try {
    return (
      settings.algorithms.includes(decodeProtectedHeader(token).alg ?? '') && decodeJwt(token).iss === settings.issuer
    );
  } catch {
    return false;
  }
}

function refuse({ errors }: Jose, thrown: unknown): undefined {
  if (thrown instanceof errors.JOSEError) return undefined;
  throw ParleyError.from(thrown);
}

function readSubject(payload: JWTPayload, { subjectClaim, rolesClaim }: JwtSettings): TokenSubject | undefined {
  const subject = readClaim(payload, subjectClaim);
  if (typeof subject !== 'string' || subject === '' || subject.length > 256) return undefined;
  return { subject, roles: readRoles(readClaim(payload, rolesClaim)) };
}

/** A claim by its own name, else by its path. */
function readClaim(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), payload);
}

function readRoles(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((role) => role !== '');
  return Array.isArray(value) ? value.filter((role) => typeof role === 'string') : [];
}

import { type Component, ParleyError, systemClock } from '../base/index.ts';
import { createHttpClient, type HttpClient } from '../drivers/http/index.ts';
import type { CardSecurity } from '../protocol/index.ts';
import {
  type Admission,
  type ApiKeys,
  type Authenticator,
  type CallerTokens,
  type ChainsInFlight,
  createAdmission,
  createApiKeys,
  createAuthenticator,
  createCallerTokens,
  createCallTokens,
  createCertificateIdentity,
  createIdentity,
  createJwtVerifier,
  createRateLimiter,
  createWorkerCredentials,
  type FetchJson,
  type Identity,
  type JwtSettings,
  type JwtVerifier,
  type Rate,
  type RateLimiter,
} from '../security/index.ts';
import type { Store } from '../store/index.ts';
import { createApiKeyRecords } from './api-key-records.ts';
import { describeSecurity } from './card-security.ts';
import type { NodeConfig } from './config.ts';
import type { IdentityConfig } from './identity-config.ts';
import { toRate } from './limits-config.ts';

/** What tells callers apart, and what they may do. */
export interface IdentityParts {
  /** Ends the connections to the issuer of tokens; stops behind the front door. */
  readonly component: Component;
  /** What cards say of it; undefined when nobody needs a credential. */
  readonly cardSecurity: CardSecurity | undefined;
  open(sources: IdentitySources): OpenIdentity;
}

interface IdentitySources {
  readonly store: Store;
  readonly nodeKey: string;
  /** Each makes its bearer the operator. */
  readonly operatorTokens: readonly string[];
  readonly chains: ChainsInFlight;
}

interface OpenIdentity {
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  readonly callerTokens: CallerTokens;
  /** Undefined when API keys do not count. */
  readonly apiKeys: ApiKeys | undefined;
}

const timeoutMs = 5_000;
const maxBodyBytes = 1024 * 1024;

/** Identity, rights and limits as they are configured. */
export function createIdentityParts(config: NodeConfig): IdentityParts {
  const { modes, jwt, certificates: settings, rights: rules } = config.identity;
  const client = createHttpClient({ allow: { kind: 'public', except: configuredOrigins(jwt) } });
  const tokens = modes.includes('jwt') ? createTokens(toSettings(jwt), client) : undefined;
  const certificates = modes.includes('certificates') ? createCertificateIdentity(settings, systemClock) : undefined;
  const { perAgent, perCaller } = config.limits;
  return {
    component: { name: 'connections to the issuer of tokens', start: async () => {}, stop: () => client.close() },
    cardSecurity: describeSecurity(config.identity),
    open({ store, nodeKey, operatorTokens, chains }) {
      const records = createApiKeyRecords(store);
      const apiKeys = modes.includes('keys') ? createApiKeys({ records, clock: systemClock }) : undefined;
      const identity: Identity | undefined =
        modes.length === 0 ? undefined : createIdentity({ apiKeys, jwt: tokens, certificates, rules });
      const workerCredentials = createWorkerCredentials(nodeKey);
      const authenticator = createAuthenticator({
        ...{ operatorTokens, workerCredentials, chains, callTokens: createCallTokens(nodeKey) },
        ...{ identity, callers: createLimiter(toRate(perCaller)), insecureOperator: config.insecureOperator },
      });
      const admission = createAdmission({ agents: createLimiter(toRate(perAgent)) });
      return { authenticator, admission, apiKeys, callerTokens: createCallerTokens(workerCredentials) };
    },
  };
}

function createTokens(settings: JwtSettings, client: HttpClient): JwtVerifier & { readonly issuer: string } {
  const verifier = createJwtVerifier({ settings, fetchJson: createFetchJson(client), clock: systemClock });
  return { ...verifier, issuer: settings.issuer };
}

function createLimiter(rate: Rate | undefined): RateLimiter | undefined {
  return rate && createRateLimiter(rate, systemClock);
}

function toSettings({ issuer = '', audience = '', ...rest }: IdentityConfig['jwt']): JwtSettings {
  return { issuer, audience, ...rest };
}

/** Whom the operator names is trusted, wherever it is. */
function configuredOrigins({ issuer, jwksUrl }: IdentityConfig['jwt']): readonly string[] {
  return [issuer, jwksUrl].flatMap((url) => (url === undefined ? [] : [new URL(url).origin]));
}

function createFetchJson(client: HttpClient): FetchJson {
  return async (url) => {
    const response = await client.request({
      ...{ method: 'GET', url, timeoutMs, maxBodyBytes },
      headers: { accept: 'application/json' },
    });
    if (response.status === 200) return response.json();
    await response.discard();
    throw new ParleyError(
      'UNREACHABLE',
      `${new URL(url).origin} answered ${response.status} to the call for its keys.`,
    );
  };
}

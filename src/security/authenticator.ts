import { createHash, timingSafeEqual } from 'node:crypto';
import { ParleyError } from '../base/index.ts';
import type { CallChain } from './call-chain.ts';
import type { CallTokens } from './call-tokens.ts';
import { type ChainsInFlight, withoutRoles } from './chains-in-flight.ts';
import { tooManyCalls } from './identity/admission.ts';
import type { CallerConnection } from './identity/caller-certificate.ts';
import type { Identity } from './identity/identity.ts';
import type { RateLimiter } from './identity/rate-limiter.ts';
import { anonymous, operator, type Principal } from './principal.ts';
import { type WorkerCredentials, workerCredentialPrefix } from './worker-credentials.ts';

export interface AuthenticatorOptions {
  /** Each of them makes its bearer the operator; empty texts count for nothing. */
  readonly operatorTokens: readonly string[];
  readonly workerCredentials: WorkerCredentials;
  readonly callTokens: CallTokens;
  /** What is under way: a token passes roles on no longer than the call that it was made for. */
  readonly chains: Pick<ChainsInFlight, 'holds'>;
  /** A caller without a credential is the operator. */
  readonly insecureOperator?: boolean;
  /** How callers from outside show who they are; undefined: they are anonymous. With it, nobody is. */
  readonly identity?: Identity | undefined;
  /** How often one caller may call; operators may always. */
  readonly callers?: RateLimiter | undefined;
}

/** Settles who calls. Both fail with UNAUTHENTICATED, and never say what was wrong in a way that helps a guesser. */
export interface Authenticator {
  /**
   * From an `Authorization` header. None: anonymous, unless callers must have an identity; a wrong one is an error, never
   * anonymous. Counts as one call of that caller: RATE_LIMITED over its limit. Without a header the certificate of the
   * connection says who calls, where certificates count.
   */
  authenticate(authorization: string | undefined, connection?: CallerConnection): Promise<Principal>;
  /**
   * From a call token, which counts only together with the credential of a worker of the agent that holds it. Once its call is over
   * it is a place in the chain, and nobody's roles.
   */
  verifyChain(token: string | undefined, principal: Principal): CallChain | undefined;
  /** True when nobody is anonymous. */
  readonly requiresIdentity: boolean;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** An authenticator over operator tokens, worker credentials and, when there is one, the identity of callers from outside. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { identity, callers, workerCredentials, callTokens, chains } = options;
  const operators = options.operatorTokens.filter((token) => token !== '').map(digest);
  const isOperator = (token: string): boolean => {
    const given = digest(token);
    return operators.reduce((found, known) => timingSafeEqual(known, given) || found, false);
  };
  const settle = async (authorization: string | undefined, connection?: CallerConnection): Promise<Principal> => {
    if (authorization === undefined) return withoutHeader(options, connection);
    const token = readBearer(authorization);
    if (token.startsWith(`${workerCredentialPrefix}.`)) return workerCredentials.verify(token) ?? refuse();
    if (isOperator(token)) return operator;
    return (await identity?.identify(token)) ?? refuse();
  };
  return {
    requiresIdentity: identity !== undefined,
    async authenticate(authorization, connection) {
      const principal = await settle(authorization, connection);
      if (connection?.isInner) requireOwn(principal);
      if (callers !== undefined && principal.kind !== 'operator') takeCall(callers, principal);
      return principal;
    },
    verifyChain(token, principal) {
      if (token === undefined) return undefined;
      const chain = callTokens.verify(token);
      if (principal.kind === 'worker' && chain.path.at(-1) === principal.agentId) {
        const isRunning = chain.roles === undefined || chains.holds(chain.invocationId, principal.deploymentId);
        return isRunning ? chain : withoutRoles(chain);
      }
      throw unauthenticated('The call token belongs to another caller; a worker sends its own credential with it.');
    },
  };
}

function withoutHeader(options: AuthenticatorOptions, connection: CallerConnection | undefined): Principal {
  const certificate = connection?.certificate;
  if (certificate === undefined || !options.identity?.identifyCertificate) return withoutCredential(options);
  return options.identity.identifyCertificate(certificate) ?? refuse();
}

/** Who came past TLS, although callers must show a certificate. */
function requireOwn({ kind }: Principal): void {
  if (kind === 'operator' || kind === 'worker') return;
  throw unauthenticated('Callers need a certificate here. Call this port by TLS (https://), with yours.');
}

function withoutCredential({ insecureOperator, identity }: AuthenticatorOptions): Principal {
  if (insecureOperator) return operator;
  if (identity === undefined) return anonymous;
  const ways = [
    identity.accepts === '' ? undefined : `Send "Authorization: Bearer <${identity.accepts}>".`,
    identity.identifyCertificate && 'Call by TLS with a certificate that counts here.',
  ];
  throw unauthenticated(`Calls need a credential here. ${ways.filter((way) => way !== undefined).join(' Or: ')}`);
}

function takeCall(callers: RateLimiter, { id }: Principal): void {
  const waitMs = callers.take(id);
  if (waitMs > 0) throw tooManyCalls(`${id} calls more often than it may`, waitMs);
}

function readBearer(authorization: string): string {
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw unauthenticated('The Authorization header is not a bearer credential; send "Authorization: Bearer <token>".');
}

function refuse(): never {
  throw unauthenticated('The credential is not valid here.');
}

function unauthenticated(message: string): ParleyError {
  return new ParleyError('UNAUTHENTICATED', message);
}

import { createHash, timingSafeEqual } from 'node:crypto';
import { ParleyError } from '../base/index.ts';
import type { CallChain } from './call-chain.ts';
import type { CallTokens } from './call-tokens.ts';
import { anonymous, operator, type Principal } from './principal.ts';
import { type WorkerCredentials, workerCredentialPrefix } from './worker-credentials.ts';

export interface AuthenticatorOptions {
  /** Each of them makes its bearer the operator; empty texts count for nothing. */
  readonly operatorTokens: readonly string[];
  readonly workerCredentials: WorkerCredentials;
  readonly callTokens: CallTokens;
  /** A caller without a credential is the operator. */
  readonly insecureOperator?: boolean;
}

/** Settles who calls. Both throw UNAUTHENTICATED; neither ever says what was wrong in a way that helps a guesser. */
export interface Authenticator {
  /** From an `Authorization` header. None: anonymous; a wrong one is an error, never anonymous. */
  authenticate(authorization: string | undefined): Principal;
  /** From a call token, which counts only together with the credential of a worker of the agent that holds it. */
  verifyChain(token: string | undefined, principal: Principal): CallChain | undefined;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** An authenticator over operator tokens and worker credentials. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const operators = options.operatorTokens.filter((token) => token !== '').map(digest);
  const isOperator = (token: string): boolean => {
    const given = digest(token);
    return operators.reduce((found, known) => timingSafeEqual(known, given) || found, false);
  };
  return {
    authenticate(authorization) {
      if (authorization === undefined) return options.insecureOperator ? operator : anonymous;
      const token = readBearer(authorization);
      const principal = token.startsWith(`${workerCredentialPrefix}.`)
        ? options.workerCredentials.verify(token)
        : isOperator(token) && operator;
      if (!principal) throw unauthenticated('The credential is not valid here.');
      return principal;
    },
    verifyChain(token, principal) {
      if (token === undefined) return undefined;
      const chain = options.callTokens.verify(token);
      if (principal.kind === 'worker' && chain.path.at(-1) === principal.agentId) return chain;
      throw unauthenticated('The call token belongs to another caller; a worker sends its own credential with it.');
    },
  };
}

function readBearer(authorization: string): string {
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw unauthenticated('The Authorization header is not a bearer credential; send "Authorization: Bearer <token>".');
}

function unauthenticated(message: string): ParleyError {
  return new ParleyError('UNAUTHENTICATED', message);
}

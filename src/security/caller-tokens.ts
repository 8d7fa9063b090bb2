import { createHmac } from 'node:crypto';
import { type Principal, rolesOf } from './principal.ts';
import type { WorkerCredentials } from './worker-credentials.ts';

/** Tells a package's own HTTP routes, in a way that they can check, who calls. */
export interface CallerTokens {
  /**
   * A JSON Web Token (HS256) about the caller: `iss` is "parley", `aud` the deployment, `sub` the principal's id, `kind` its
   * kind, `roles` what roles it has, if any; it expires within a minute. Its key is the credential of the deployment's workers, which they have as PARLEY_TOKEN.
   */
  issue(caller: Principal, deployment: CalledDeployment, nowMs: number): string;
}

/** Whose routes are called. */
export interface CalledDeployment {
  readonly agentId: string;
  readonly deploymentId: string;
}

const lifetimeMs = 60_000;
const reuseMs = 15_000;
const maxKept = 1_000;

/** Caller tokens under the credentials of workers; one that is fresh is used again. */
export function createCallerTokens(credentials: Pick<WorkerCredentials, 'issue'>): CallerTokens {
  const kept = new Map<string, { readonly token: string; readonly madeAtMs: number }>();
  return {
    issue(caller, deployment, nowMs) {
      const name = JSON.stringify([deployment.agentId, deployment.deploymentId, caller.id, ...rolesOf(caller)]);
      const known = kept.get(name);
      if (known && nowMs >= known.madeAtMs && nowMs - known.madeAtMs < reuseMs) return known.token;
      const token = signToken(createClaims(caller, deployment, nowMs), credentials.issue(deployment));
      if (kept.size >= maxKept) kept.clear();
      kept.set(name, { token, madeAtMs: nowMs });
      return token;
    },
  };
}

function createClaims(caller: Principal, { deploymentId }: CalledDeployment, nowMs: number): object {
  const seconds = Math.floor(nowMs / 1_000);
  const { id: sub, kind } = caller;
  const roles = rolesOf(caller);
  const times = { iat: seconds, exp: seconds + lifetimeMs / 1_000 };
  return { iss: 'parley', aud: deploymentId, sub, kind, ...(roles.length > 0 && { roles }), ...times };
}

const head = encode({ alg: 'HS256', typ: 'JWT' });

function signToken(claims: object, key: string): string {
  const signed = `${head}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

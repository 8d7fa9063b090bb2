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
/** Deployments, and callers of each. */
const maxKept = 300;

interface KeptToken {
  readonly kind: Principal['kind'];
  readonly agentId: string;
  readonly roles: readonly string[];
  readonly token: string;
  readonly madeAtMs: number;
}

/** Caller tokens under the credentials of workers; one that is fresh is used again. */
export function createCallerTokens(credentials: Pick<WorkerCredentials, 'issue'>): CallerTokens {
  /** By deployment, then by caller. */
  const kept = new Map<string, Map<string, KeptToken>>();
  return {
    issue(caller, deployment, nowMs) {
      const { agentId, deploymentId } = deployment;
      const callers = kept.get(deploymentId) ?? keep(kept, deploymentId, new Map<string, KeptToken>());
      const known = callers.get(caller.id);
      const roles = rolesOf(caller);
      if (known && isOf(known, caller, agentId) && isSame(known.roles, roles) && isFresh(known, nowMs))
        return known.token;
      const token = signToken(createClaims(caller, deployment, nowMs), credentials.issue(deployment));
      keep(callers, caller.id, { kind: caller.kind, agentId, roles, token, madeAtMs: nowMs });
      return token;
    },
  };
}

function keep<Value>(kept: Map<string, Value>, name: string, value: Value): Value {
  if (kept.size >= maxKept) kept.clear();
  kept.set(name, value);
  return value;
}

function isOf(known: KeptToken, { kind }: Principal, agentId: string): boolean {
  return known.kind === kind && known.agentId === agentId;
}

function isFresh({ madeAtMs }: KeptToken, nowMs: number): boolean {
  return nowMs >= madeAtMs && nowMs - madeAtMs < reuseMs;
}

function isSame(known: readonly string[], roles: readonly string[]): boolean {
  return known.length === roles.length && known.every((role, index) => role === roles[index]);
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

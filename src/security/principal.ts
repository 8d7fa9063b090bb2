import type { Right } from './identity/right.ts';

/**
 * Who calls. `id` is what owns tasks: `anonymous`, `operator`, `agent:<id>`, or an identity's subject behind the kind of its
 * credential (`key:ci`, `jwt:8f3a`), so that no subject can be taken for another's.
 */
export type Principal =
  | { readonly kind: 'anonymous'; readonly id: 'anonymous' }
  /** May do everything; a named one owns what it sends. */
  | { readonly kind: 'operator'; readonly id: string; readonly roles?: readonly string[] }
  | { readonly kind: 'worker'; readonly id: string; readonly agentId: string; readonly deploymentId: string }
  | UserPrincipal;

/** A caller with an identity of its own. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly id: string;
  readonly roles: readonly string[];
  /** What it may do; nothing else. */
  readonly rights: readonly Right[];
}

export const anonymous: Principal = { kind: 'anonymous', id: 'anonymous' };
export const operator: Principal = { kind: 'operator', id: 'operator' };

/** The role whose bearers are operators. */
export const operatorRole = 'operator';

/** The principal of a deployment's workers. */
export function workerPrincipal(agentId: string, deploymentId: string): Principal {
  return { kind: 'worker', id: `agent:${agentId}`, agentId, deploymentId };
}

/** True when the principal may see and touch what belongs to `owner`. */
export function mayTouch(principal: Principal, owner: string): boolean {
  return principal.kind === 'operator' || principal.id === owner;
}

/** True for callers from outside: private skills do not exist for them, unless a right of theirs names one. */
export function isOutsider({ kind }: Principal): boolean {
  return kind === 'anonymous' || kind === 'user';
}

/** The roles that a credential gives its bearer. */
export function rolesOf(principal: Principal): readonly string[] {
  if (principal.kind === 'operator') return principal.roles ?? [operatorRole];
  return principal.kind === 'user' ? principal.roles : [];
}

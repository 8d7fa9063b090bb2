/** Who calls. `id` is what owns tasks: `anonymous`, `operator`, `agent:<id>`, or an identity's subject. */
export type Principal =
  | { readonly kind: 'anonymous'; readonly id: 'anonymous' }
  | { readonly kind: 'operator'; readonly id: 'operator' }
  | { readonly kind: 'worker'; readonly id: string; readonly agentId: string; readonly deploymentId: string };

export const anonymous: Principal = { kind: 'anonymous', id: 'anonymous' };
export const operator: Principal = { kind: 'operator', id: 'operator' };

/** The principal of a deployment's workers. */
export function workerPrincipal(agentId: string, deploymentId: string): Principal {
  return { kind: 'worker', id: `agent:${agentId}`, agentId, deploymentId };
}

/** True when the principal may see and touch what belongs to `owner`. */
export function mayTouch(principal: Principal, owner: string): boolean {
  return principal.kind === 'operator' || principal.id === owner;
}

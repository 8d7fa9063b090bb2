import { ParleyError } from '../../base/index.ts';
import type { CallChain } from '../call-chain.ts';
import { isOutsider, operatorRole, type Principal } from '../principal.ts';
import { allRights, type Operation, operations, type Right } from './right.ts';

/** What somebody wants to do. */
export interface Ask {
  readonly agentId: string;
  readonly operation: Operation;
  /** Undefined: some skill of the agent, it is not known yet which. */
  readonly skill?: string;
}

/** True when the principal may do it. Operators and workers may call every agent; whose a task is, is another matter. */
function isAllowed(principal: Principal, ask: Ask): boolean {
  if (principal.kind !== 'user' || principal.rights === allRights) return true;
  return principal.rights.some((right) => covers(right, ask));
}

/** PERMISSION_DENIED unless the principal may do it. To be asked before anything is looked up. */
export function requireRight(principal: Principal, ask: Ask): void {
  if (isAllowed(principal, ask)) return;
  const { operation, agentId, skill } = ask;
  const object = skill === undefined ? agentId : `${skill} of ${agentId}`;
  const message = `${principal.id} has no right to ${operation} ${object}. Ask an operator for it.`;
  throw new ParleyError('PERMISSION_DENIED', message, { details: { operation, agentId, ...(skill && { skill }) } });
}

/** True when the principal has any right on the agent. */
export function mayReach(principal: Principal, agentId: string): boolean {
  return operations.some((operation) => isAllowed(principal, { agentId, operation }));
}

/** What a skill asks of those who call it. */
export interface SkillDemand {
  readonly agentId: string;
  readonly skill: { readonly id: string; readonly roleRequired?: string };
  /** When an agent calls, as its call token proves: what counts are the roles of the caller that began the chain. */
  readonly chain: CallChain | undefined;
}

/** PERMISSION_DENIED unless the principal may call that skill, and has the role that it asks for. Operators have every role. */
export function requireSkill(principal: Principal, demand: SkillDemand): void {
  const { agentId } = demand;
  const { id: skill, roleRequired } = demand.skill;
  requireRight(principal, { agentId, skill, operation: 'call' });
  if (hasRole(principal, demand)) return;
  const message = `The skill ${skill} of ${agentId} is for callers with the role "${roleRequired}".`;
  throw new ParleyError('PERMISSION_DENIED', message, { details: { agentId, skill, roleRequired } });
}

/** True when the principal may call that skill: `requireSkill` as a question. */
export function mayCallSkill(principal: Principal, demand: SkillDemand): boolean {
  const { agentId, skill } = demand;
  return isAllowed(principal, { agentId, skill: skill.id, operation: 'call' }) && hasRole(principal, demand);
}

/**
 * True when a private skill is there for the principal: for agents and operators, and for those who have a right that names the
 * skill; one for `*` does not open it.
 */
export function seesPrivateSkill(principal: Principal, agentId: string, skill: string): boolean {
  if (!isOutsider(principal)) return true;
  if (principal.kind !== 'user') return false;
  return principal.rights.some(
    (right) => right.skills.includes(skill) && covers(right, { agentId, skill, operation: 'call' }),
  );
}

function hasRole(principal: Principal, { skill: { roleRequired }, chain }: SkillDemand): boolean {
  if (roleRequired === undefined || principal.kind === 'operator') return true;
  const roles = principal.kind === 'user' ? principal.roles : (chain?.roles ?? []);
  return roles.includes(roleRequired) || roles.includes(operatorRole);
}

function covers({ agents, skills, operations: allowed }: Right, { agentId, operation, skill }: Ask): boolean {
  if (!allowed.includes(operation) || !names(agents, agentId)) return false;
  return operation !== 'call' || skill === undefined || names(skills, skill);
}

function names(list: readonly string[], name: string): boolean {
  return list.includes('*') || list.includes(name);
}

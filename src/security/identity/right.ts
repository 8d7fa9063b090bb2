/** What can be done to an agent: hand it work, look at its tasks, cancel them. */
export const operations = ['call', 'read', 'cancel'] as const;

export type Operation = (typeof operations)[number];

/** Allows operations on agents; a list that has `*` means all. */
export interface Right {
  readonly agents: readonly string[];
  /** Of those agents; counts for `call` alone. */
  readonly skills: readonly string[];
  readonly operations: readonly Operation[];
}

/** Every operation on every agent. */
export const allRights: readonly Right[] = [{ agents: ['*'], skills: ['*'], operations }];

/** Gives a right to every caller with one of the roles. */
export interface RightsRule extends Right {
  /** `*`: every caller with an identity. */
  readonly roles: readonly string[];
}

/** The rights that roles give. Without any rule every caller with an identity may call every agent; with rules, only what they allow. */
export function grantRights(rules: readonly RightsRule[], roles: readonly string[]): readonly Right[] {
  if (rules.length === 0) return allRights;
  return rules.filter((rule) => rule.roles.includes('*') || rule.roles.some((role) => roles.includes(role)));
}

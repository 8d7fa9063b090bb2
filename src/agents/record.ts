import type { JsonObject } from '../base/index.ts';
import type { AgentSkill } from '../protocol/index.ts';

/** A skill with what the fabric needs to call it. */
export interface SkillRecord extends AgentSkill {
  /** Safe to hand out again after a crash, with the same invocation id. */
  readonly idempotent: boolean;
  readonly private: boolean;
  /** The role that a caller needs; unset: none. */
  readonly roleRequired?: string;
  readonly inputSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly timeouts: TimeoutSettings;
}

/** Unset = the fabric's default. */
export interface TimeoutSettings {
  /** Whole task, from dispatch. */
  readonly totalMs?: number;
  /** Without an event; waiting for input counts for nothing. */
  readonly idleMs?: number;
}

/** What the fabric knows of an agent: the source of its card. */
export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** `name@version`, empty for an agent without a package. */
  readonly packageId: string;
  readonly skills: readonly SkillRecord[];
  /** The skill that is called when none is named. */
  readonly defaultSkill: string | undefined;
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  readonly provider?: { readonly organization: string; readonly url: string };
  readonly documentationUrl?: string;
  readonly private: boolean;
}

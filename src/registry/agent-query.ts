import type { AgentRecord } from '../agents/index.ts';
import type { AgentStatus } from './agent-status.ts';

/** Which agents are looked for: what is given must all hold. Case does not matter. */
export interface AgentQuery {
  /** The agent's id. */
  readonly id?: string | undefined;
  /** Anywhere in its id, name, description, tags, or in its skills. */
  readonly text?: string | undefined;
  /** The id of one of its public skills. */
  readonly skill?: string | undefined;
  /** One of its tags, or of those of its public skills. */
  readonly tag?: string | undefined;
  /** What it can do: one of its capabilities, or a skill's id or tag. */
  readonly capability?: string | undefined;
  readonly status?: AgentStatus | undefined;
}

/** What of an agent's record is looked through, in lower case; private skills are left out. */
export interface AgentTerms {
  readonly id: readonly string[];
  readonly skill: readonly string[];
  readonly tag: readonly string[];
  readonly capability: readonly string[];
  /** All of it in one text. */
  readonly text: string;
}

/** The terms that an agent is found by. */
export function createAgentTerms(record: AgentRecord): AgentTerms {
  const skills = record.skills.filter((skill) => !skill.private);
  const skill = lower(skills.map(({ id }) => id));
  const tag = lower([...(record.tags ?? []), ...skills.flatMap(({ tags }) => tags)]);
  const capability = [...new Set([...lower(record.capabilities ?? []), ...skill, ...tag])];
  const described = [
    record.name,
    record.description,
    ...skills.flatMap(({ name, description }) => [name, description]),
  ];
  const text = [...lower([record.id, ...described]), ...capability].join('\n');
  return { id: [record.id.toLowerCase()], skill, tag, capability, text };
}

function lower(texts: readonly string[]): readonly string[] {
  return texts.map((text) => text.toLowerCase());
}

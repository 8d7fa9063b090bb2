import { isObject, ParleyError } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import type { AgentRecord, SkillRecord } from './record.ts';

/**
 * Which skill a message is for: `metadata.skill`, else `action` in its first data part, else the agent's default. Of the private
 * ones only those are there that `seesPrivate` says so of. Throws SKILL_NOT_FOUND, with the skills there are.
 */
export function selectSkill(
  record: AgentRecord,
  message: Message,
  seesPrivate: (skillId: string) => boolean,
): SkillRecord {
  const callable = record.skills.filter((skill) => !skill.private || seesPrivate(skill.id));
  const wanted = namedSkill(message) ?? record.defaultSkill;
  const found = callable.find((skill) => skill.id === wanted);
  if (found) return found;
  const ids = callable.map((skill) => skill.id);
  const problem =
    wanted === undefined
      ? `Agent ${record.id} needs to know which skill is meant`
      : `Agent ${record.id} has no skill "${wanted}"`;
  throw new ParleyError(
    'SKILL_NOT_FOUND',
    `${problem}. Name one in metadata.skill: ${ids.join(', ') || '(it has none)'}.`,
    {
      details: { agentId: record.id, skills: ids },
    },
  );
}

function namedSkill(message: Message): string | undefined {
  const fromMetadata = message.metadata?.['skill'];
  if (typeof fromMetadata === 'string') return fromMetadata;
  for (const part of message.parts) {
    if (!('data' in part)) continue;
    const action = isObject(part.data) ? part.data['action'] : undefined;
    return typeof action === 'string' ? action : undefined;
  }
  return undefined;
}

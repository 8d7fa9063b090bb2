import { type AgentCard, idempotentSendUri } from '../../protocol/index.ts';
import type { AgentRecord, SkillRecord } from '../record.ts';

export interface RemoteRecordOptions {
  readonly agentId: string;
  /** Undefined while it has not been read. */
  readonly card: AgentCard | undefined;
  /** Beside what the card says. */
  readonly tags: readonly string[];
}

/** What the fabric knows of an agent that runs elsewhere: its card's word. */
export function createRemoteRecord({ agentId, card, tags }: RemoteRecordOptions): AgentRecord {
  const skills = card ? createSkills(card) : [];
  return {
    id: agentId,
    name: card?.name || agentId,
    description: card?.description ?? '',
    version: card?.version ?? '',
    packageId: '',
    skills,
    // A message that names no skill goes as it is: the server knows best which one is meant.
    defaultSkill: skills[0]?.id,
    inputModes: card?.defaultInputModes ?? [],
    outputModes: card?.defaultOutputModes ?? [],
    ...(card?.provider && { provider: card.provider }),
    ...(card?.documentationUrl !== undefined && { documentationUrl: card.documentationUrl }),
    ...(tags.length > 0 && { tags }),
    private: false,
  };
}

/** An agent that lists no skills has one all the same: it takes messages. */
function createSkills({ skills, capabilities, description }: AgentCard): readonly SkillRecord[] {
  // A server that does a send with one key once may be asked again after a crash.
  const idempotent = capabilities.extensions?.some(({ uri }) => uri === idempotentSendUri) ?? false;
  const listed = skills.length > 0 ? skills : [{ id: 'message', name: 'Message', description, tags: [] }];
  return listed.map((skill) => ({ ...skill, idempotent, private: false, timeouts: {} }));
}

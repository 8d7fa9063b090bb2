import type { AgentRecord, SkillRecord } from '../../agents/index.ts';
import type { RedisAgent } from './redis-agent.ts';

/** Ids that paths and keys can carry. */
const usableId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Names that are routes. */
const reservedIds: readonly string[] = ['health', 'agent', 'v1', 'tenants'];
const modes: readonly string[] = ['text/plain', 'application/json'];

/** Why the agent cannot be called by its id here; undefined when it can. */
export function refuseId(id: string): string | undefined {
  if (reservedIds.includes(id)) return `"${id}" is a reserved word`;
  return usableId.test(id) ? undefined : 'its id has characters that addresses cannot have';
}

/** What the fabric knows of a Redis agent: each capability is a skill, and any text is work for its first one. */
export function toAgentRecord(agent: RedisAgent, taskTimeoutMs: number): AgentRecord {
  const capabilities = agent.capabilities.length > 0 ? [...new Set(agent.capabilities)] : ['task'];
  const skills = capabilities.map((capability) => toSkill(capability, agent, taskTimeoutMs));
  return {
    id: agent.id,
    name: agent.id,
    description: `A Redis agent of the type ${agent.type}: ${capabilities.join(', ')}.`,
    version: '1.0.0',
    packageId: '',
    skills,
    defaultSkill: capabilities[0],
    inputModes: modes,
    outputModes: modes,
    private: false,
    tags: ['redis', agent.type],
    capabilities,
  };
}

/** Safe to hand out again with the same invocation id: the bridge finds what it has sent, and sends nothing twice. */
function toSkill(capability: string, { type }: RedisAgent, taskTimeoutMs: number): SkillRecord {
  return {
    id: capability,
    name: capability.replaceAll('_', ' '),
    description: `What agents of the type ${type} call ${capability}.`,
    tags: ['redis', type],
    inputModes: modes,
    outputModes: modes,
    idempotent: true,
    private: false,
    timeouts: { totalMs: taskTimeoutMs },
  };
}

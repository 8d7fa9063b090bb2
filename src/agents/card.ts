import type { AgentCard, AgentSkill } from '../protocol/index.ts';
import type { AgentRecord, SkillRecord } from './record.ts';
import { createSchemaExtension } from './schema/schema-extension.ts';

export interface CardOptions {
  readonly record: AgentRecord;
  /** Where this agent is called: `http://127.0.0.1:8000/a2a/analyst`, without a slash at the end. */
  readonly baseUrl: string;
}

/** The agent's public card, made from its record: it claims only what is served at `baseUrl`. Private skills are left out. */
export function createAgentCard({ record, baseUrl }: CardOptions): AgentCard {
  const skills = record.skills.filter((skill) => !skill.private);
  return {
    name: record.name,
    description: record.description,
    version: record.version,
    supportedInterfaces: [
      { url: baseUrl, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url: baseUrl, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url: baseUrl, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
      { url: baseUrl, protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
    ],
    ...(record.provider && { provider: record.provider }),
    ...(record.documentationUrl !== undefined && { documentationUrl: record.documentationUrl }),
    capabilities: {
      streaming: true,
      pushNotifications: true,
      extendedAgentCard: false,
      ...createSchemaExtension(skills),
    },
    defaultInputModes: record.inputModes,
    defaultOutputModes: record.outputModes,
    skills: skills.map(publicSkill),
  };
}

function publicSkill(skill: SkillRecord): AgentSkill {
  return {
    id: skill.id,
    name: skill.name,
    description: skill.description,
    tags: skill.tags,
    ...(skill.examples && { examples: skill.examples }),
    ...(skill.inputModes && { inputModes: skill.inputModes }),
    ...(skill.outputModes && { outputModes: skill.outputModes }),
  };
}

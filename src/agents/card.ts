import {
  type AgentCard,
  type AgentInterface,
  type AgentSkill,
  type CardSecurity,
  idempotentSendExtension,
  taskGenerationExtension,
} from '../protocol/index.ts';
import type { AgentRecord, SkillRecord } from './record.ts';
import { createSchemaExtension } from './schema/schema-extension.ts';

export interface CardOptions {
  readonly record: AgentRecord;
  /** Where this agent is called: `http://127.0.0.1:8000/a2a/analyst`, without a slash at the end. */
  readonly baseUrl: string;
  /** `host:port` where this agent alone answers gRPC; undefined: nowhere. */
  readonly grpcAddress?: string | undefined;
  /** How callers show who they are; undefined: they need not. With it there is an extended card, too. */
  readonly security?: CardSecurity | undefined;
  /** Which skills are on the card; default: all but private ones, as the public card has them. */
  readonly shows?: (skill: SkillRecord) => boolean;
}

/** The agent's card, made from its record: it claims only what is served at `baseUrl`. */
export function createAgentCard(options: CardOptions): AgentCard {
  const { record, baseUrl, grpcAddress, security, shows = isPublic } = options;
  const skills = record.skills.filter(shows);
  return {
    name: record.name,
    description: record.description,
    version: record.version,
    supportedInterfaces: ['1.0', '0.3'].flatMap((version) => createInterfaces(version, baseUrl, grpcAddress)),
    ...(record.provider && { provider: record.provider }),
    ...(record.documentationUrl !== undefined && { documentationUrl: record.documentationUrl }),
    capabilities: {
      streaming: true,
      pushNotifications: true,
      extendedAgentCard: security !== undefined,
      extensions: [idempotentSendExtension, taskGenerationExtension, ...createSchemaExtension(skills)],
    },
    ...security,
    defaultInputModes: record.inputModes,
    defaultOutputModes: record.outputModes,
    skills: skills.map(describeSkill),
  };
}

function createInterfaces(protocolVersion: string, url: string, grpcAddress: string | undefined): AgentInterface[] {
  const http: AgentInterface[] = [
    { url, protocolBinding: 'JSONRPC', protocolVersion },
    { url, protocolBinding: 'HTTP+JSON', protocolVersion },
  ];
  return grpcAddress === undefined ? http : [...http, { url: grpcAddress, protocolBinding: 'GRPC', protocolVersion }];
}

function isPublic(skill: SkillRecord): boolean {
  return !skill.private;
}

function describeSkill(skill: SkillRecord): AgentSkill {
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

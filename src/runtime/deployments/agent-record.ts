import type { AgentRecord, SkillRecord } from '../../agents/index.ts';
import type { Manifest, ManifestSkill } from '../packages/manifest-model.ts';
import { guessPackage, parsePackageUrl } from '../sources/package-url.ts';
import type { PackageSource } from './model.ts';

const defaultModes = ['text/plain', 'application/json'] as const;

/** What the fabric knows of an agent before any worker runs: its manifest's word. */
export function createAgentRecord(agentId: string, manifest: Manifest): AgentRecord {
  const skills = manifest.skills.map(toSkillRecord);
  return {
    id: agentId,
    name: manifest.displayName,
    description: manifest.description,
    version: manifest.version,
    packageId: manifest.packageId,
    skills,
    defaultSkill: manifest.defaultSkill,
    inputModes: collectModes(skills.map((skill) => skill.inputModes)),
    outputModes: collectModes(skills.map((skill) => skill.outputModes)),
    private: manifest.private,
    ...(manifest.capabilities.length > 0 && { capabilities: manifest.capabilities }),
    ...(manifest.resilience && { resilience: manifest.resilience }),
    ...(manifest.market && { market: manifest.market }),
  };
}

/** An agent whose package is still to be fetched: all that is known is what it is called. */
export function createUnreadAgent(agentId: string, source: PackageSource): AgentRecord {
  const guess = source.kind === 'url' ? guessPackage(parsePackageUrl(source.url).shown) : undefined;
  return {
    id: agentId,
    name: agentId,
    description: '',
    version: guess?.version ?? '',
    packageId: '',
    skills: [],
    defaultSkill: undefined,
    inputModes: defaultModes,
    outputModes: defaultModes,
    private: false,
  };
}

/** Adds the skills that only a running worker knows of, such as custom handlers. */
export function withReportedSkills(agent: AgentRecord, reported: readonly string[]): AgentRecord {
  const known = new Set(agent.skills.map((skill) => skill.id));
  const added = reported.filter((id) => !known.has(id)).map(createReportedSkill);
  if (added.length === 0) return agent;
  const skills = [...agent.skills, ...added];
  const only = skills.length === 1 ? skills[0]?.id : undefined;
  return { ...agent, skills, defaultSkill: agent.defaultSkill ?? only };
}

function createReportedSkill(id: string): SkillRecord {
  return { id, name: id, description: '', tags: [], idempotent: false, private: false, timeouts: {} };
}

function toSkillRecord(skill: ManifestSkill): SkillRecord {
  const { handler: _handler, examples, inputModes, outputModes, ...record } = skill;
  return {
    ...record,
    ...(examples.length === 0 ? {} : { examples }),
    ...(inputModes.length === 0 ? {} : { inputModes }),
    ...(outputModes.length === 0 ? {} : { outputModes }),
  };
}

function collectModes(lists: readonly (readonly string[] | undefined)[]): readonly string[] {
  const modes = new Set(lists.flatMap((list) => list ?? []));
  return modes.size === 0 ? defaultModes : [...modes];
}

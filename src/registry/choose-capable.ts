import { ParleyError } from '../base/index.ts';
import type { AgentListing, Registry } from './port.ts';

export interface Wanted {
  /** The agent itself, when it is named. */
  readonly agent: string | undefined;
  /** The id of a skill that it must have. */
  readonly capability: string | undefined;
  /** Who asks: never chosen. */
  readonly ownId: string;
}

export interface Chosen {
  readonly agentId: string;
  /** As its agent writes it; undefined: its default. */
  readonly skill: string | undefined;
}

/** The named agent, or the least busy healthy one with the capability. AGENT_NOT_FOUND or INVALID_PARAMS, with what there is. */
export function chooseCapable(registry: Registry, { agent, capability, ownId }: Wanted): Chosen {
  if (agent !== undefined) return chooseNamed(registry, agent, { capability, ownId });
  const open = registry.list().filter(({ record, status }) => isOpen(record, ownId) && status === 'healthy');
  if (capability === undefined) throw nothingNamed(open);
  const able = open.flatMap((listing) => {
    const skill = findSkill(listing, capability);
    return skill === undefined ? [] : [{ agentId: listing.record.id, skill, inFlight: listing.inFlight }];
  });
  const [best] = able.toSorted((a, b) => a.inFlight - b.inFlight);
  if (best) return best;
  throw notFound(`No agent that takes work now has the capability "${capability}". There are: ${skillsOf(open)}.`);
}

function chooseNamed(registry: Registry, agent: string, { capability, ownId }: Omit<Wanted, 'agent'>): Chosen {
  const { agentId, listing } = registry.resolve(agent);
  if (!isOpen(listing.record, ownId)) throw notFound(`There is no agent "${agent}" that can be given tasks.`);
  return { agentId, skill: capability === undefined ? undefined : (findSkill(listing, capability) ?? capability) };
}

function isOpen(record: AgentListing['record'], ownId: string): boolean {
  return record.id !== ownId && !record.private;
}

function findSkill({ record }: AgentListing, capability: string): string | undefined {
  const wanted = capability.toLowerCase();
  return record.skills.find((skill) => !skill.private && skill.id.toLowerCase() === wanted)?.id;
}

function skillsOf(listings: readonly AgentListing[]): string {
  const ids = listings.flatMap(({ record }) => record.skills.filter((skill) => !skill.private).map(({ id }) => id));
  return [...new Set(ids)].sort().join(', ') || '(none)';
}

function nothingNamed(open: readonly AgentListing[]): ParleyError {
  const agents = open.map(({ record }) => record.id).join(', ') || '(none)';
  const message = `Say who is to do it: an agent (${agents}) or a capability (${skillsOf(open)}).`;
  return new ParleyError('INVALID_PARAMS', message);
}

function notFound(message: string): ParleyError {
  return new ParleyError('AGENT_NOT_FOUND', message);
}

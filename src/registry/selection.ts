import { BoundedCache, type Clock } from '../base/index.ts';
import { chooseByContext } from './choose-by-context.ts';
import { type Candidate, chooseByWeight, hasRoom, hasSkill, load, weightOf } from './choose-endpoint.ts';
import type { CallFacts, Endpoint } from './port.ts';

/**
 * Chooses among an agent's endpoints. Each of the candidates has room and a weight above 0, and there is at least one; the choice
 * is one of them. It is called for every call of an agent with several endpoints, so it must be quick.
 */
export interface SelectionPolicy {
  choose<T extends Candidate>(candidates: readonly T[]): T | undefined;
}

/** How calls are shared. `weighted`: evenly, by weight. `least-load`: the less busy of two taken at random by weight. */
export interface SelectionRule {
  readonly policy?: 'weighted' | 'least-load' | undefined;
  /** A context stays with its endpoint while that is healthy and has room. */
  readonly affinity?: boolean | undefined;
}

/** The fabric's rule and, by agent id, what is otherwise for one agent. */
export interface SelectionSettings extends SelectionRule {
  readonly zone?: string | undefined;
  readonly agents?: Readonly<Record<string, SelectionRule>> | undefined;
}

/** Chooses an endpoint for a call of the agent; undefined when none that takes its calls has room. */
export type Select = <T extends Candidate>(agentId: string, candidates: readonly T[], call: CallFacts) => T | undefined;

const maxContexts = 100_000;
const contextKeptMs = 3_600_000;

/** Selection by the settings. `random` gives numbers from 0 to below 1. */
export function createSelection(
  settings: SelectionSettings,
  { clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: () => number },
): Select {
  const places = new BoundedCache<string, string>(maxContexts, { clock, keptMs: contextKeptMs });
  const policies = { weighted: byWeight, 'least-load': createLeastLoad(random) } as const;
  return (agentId, candidates, { skill, contextId }) => {
    const own = settings.agents?.[agentId];
    const able = narrow(candidates, skill, settings.zone);
    const { choose } = policies[own?.policy ?? settings.policy ?? 'weighted'];
    if (contextId === undefined || !(own?.affinity ?? settings.affinity)) return choose(able);
    const key = `${agentId}\n${contextId}`;
    const before = places.get(key);
    const chosen = able.find(({ endpoint }) => endpoint.id === before) ?? chooseByContext(able, contextId);
    if (chosen) places.set(key, chosen.endpoint.id);
    return chosen;
  };
}

/** Those that can take the call; where a skill or the own zone can be had, only with it. */
function narrow<T extends Candidate>(
  candidates: readonly T[],
  skill: string | undefined,
  zone: string | undefined,
): readonly T[] {
  const able = candidates.filter(({ endpoint }) => hasSkill(endpoint, skill));
  const open = (able.length === 0 ? candidates : able).filter((one) => weightOf(one.endpoint) > 0 && hasRoom(one));
  if (zone === undefined) return open;
  const near = open.filter(({ endpoint }) => isNear(endpoint, zone));
  return near.length === 0 ? open : near;
}

/** What this node runs is where the node is. */
function isNear({ zone, node, source = 'deployment' }: Endpoint, own: string): boolean {
  if (zone !== undefined) return zone === own;
  return node === undefined && source === 'deployment';
}

const byWeight: SelectionPolicy = { choose: chooseByWeight };

function createLeastLoad(random: () => number): SelectionPolicy {
  return {
    choose(candidates) {
      const first = takeByWeight(candidates, random());
      const second = takeByWeight(
        candidates.filter((one) => one !== first),
        random(),
      );
      if (first === undefined || second === undefined) return first;
      return load(second) < load(first) ? second : first;
    },
  };
}

/** The one at that point of all weights in a row. */
function takeByWeight<T extends Candidate>(candidates: readonly T[], point: number): T | undefined {
  let left = point * candidates.reduce((sum, { endpoint }) => sum + weightOf(endpoint), 0);
  for (const candidate of candidates) {
    left -= weightOf(candidate.endpoint);
    if (left < 0) return candidate;
  }
  return candidates.at(-1);
}

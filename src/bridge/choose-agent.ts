import { ParleyError } from '../base/index.ts';
import type { DiscoveredAgent } from './port.ts';

/** The agent with the shortest queue; of equal ones the first. AGENT_NOT_FOUND when there is none. */
export function chooseAgent(agents: readonly DiscoveredAgent[], capability: string | undefined): string {
  const [first] = agents.toSorted((a, b) => a.queue_size - b.queue_size);
  if (first) return first.id;
  const what =
    capability === undefined
      ? 'No Redis agent takes work now'
      : `No Redis agent has the capability "${capability}" now`;
  throw new ParleyError('AGENT_NOT_FOUND', `${what}. "parley bridge list" shows those there are.`, {
    details: { ...(capability !== undefined && { capability }) },
  });
}

import { TransientMap, TransientSet } from '../base/index.ts';
import type { CallChain } from './call-chain.ts';

/** The chains of calls that deployments are working on now. */
export interface ChainsInFlight {
  /** Counts the chain until what is given back is called. */
  add(deploymentId: string, chain: CallChain): () => void;
  /** The longest one in that deployment: what its calls without a token count as. Nobody's roles: only a token passes those on. */
  deepestAt(deploymentId: string): CallChain | undefined;
  /** True while somebody works on that invocation. It is looked for at that deployment first; a hedged call is at another one, too. */
  holds(invocationId: string, deploymentId: string): boolean;
}

/** Knows no chain yet. One per node: tasks and plain calls share it. */
export function createChainsInFlight(): ChainsInFlight {
  const known = new TransientMap<string, TransientSet<CallChain>>();
  return {
    add(deploymentId, chain) {
      const chains = known.get(deploymentId) ?? new TransientSet<CallChain>();
      if (chains.size === 0) known.set(deploymentId, chains);
      const place = chains.add(chain);
      return () => {
        chains.remove(place);
        if (chains.size === 0 && known.get(deploymentId) === chains) known.delete(deploymentId);
      };
    },
    deepestAt(deploymentId) {
      let deepest: CallChain | undefined;
      for (const chain of known.get(deploymentId) ?? []) {
        if (deepest === undefined || chain.path.length > deepest.path.length) deepest = chain;
      }
      return deepest && withoutRoles(deepest);
    },
    holds(invocationId, deploymentId) {
      if (hasInvocation(known.get(deploymentId), invocationId)) return true;
      for (const chains of known.values()) if (hasInvocation(chains, invocationId)) return true;
      return false;
    },
  };
}

function hasInvocation(chains: Iterable<CallChain> = [], invocationId: string): boolean {
  for (const chain of chains) if (chain.invocationId === invocationId) return true;
  return false;
}

/** The chain as it counts for who does not prove that it may have the roles. */
export function withoutRoles({ roles: _roles, ...chain }: CallChain): CallChain {
  return chain;
}

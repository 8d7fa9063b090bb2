import { ParleyError } from '../base/index.ts';
import type { CallChain } from './call-chain.ts';

const defaultMaxChainDepth = 8;

/** The next link of a chain. */
export interface ChainLink {
  /** The caller's place; undefined when a client begins the chain. */
  readonly chain: CallChain | undefined;
  /** The principal that calls; kept only when it begins the chain. */
  readonly origin: string;
  /** The roles of that principal; kept as it is. */
  readonly roles?: readonly string[];
  /** The agent that is called. */
  readonly agentId: string;
  readonly invocationId: string;
  /** Ms since the epoch; the smaller of this and the chain's own holds. */
  readonly deadlineAtMs: number | undefined;
  /** Kept only when it begins the chain. */
  readonly correlationId: string;
  /** Default 8. */
  readonly maxDepth?: number;
}

/** The chain as the called agent holds it. CHAIN_REFUSED when the agent is in it already, or it gets too deep. */
export function extendChain(link: ChainLink): CallChain {
  const { chain, agentId, maxDepth = defaultMaxChainDepth } = link;
  const path = [...(chain?.path ?? []), agentId];
  if (chain?.path.includes(agentId)) {
    throw refused(path, `${agentId} is already working in this chain of calls`);
  }
  if (path.length > maxDepth) throw refused(path, `the chain of calls is deeper than ${maxDepth}`);
  const { roles = [] } = chain ?? link;
  return {
    origin: chain?.origin ?? link.origin,
    ...(roles.length > 0 && { roles }),
    path,
    invocationId: link.invocationId,
    deadlineAtMs: earlier(chain?.deadlineAtMs, link.deadlineAtMs),
    correlationId: chain?.correlationId ?? link.correlationId,
  };
}

function refused(path: readonly string[], reason: string): ParleyError {
  const message = `The call is refused: ${reason} (${path.join(' → ')}). Let the first agent make the calls one after the other.`;
  return new ParleyError('CHAIN_REFUSED', message, { details: { path } });
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

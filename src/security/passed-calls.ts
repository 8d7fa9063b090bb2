import { createId } from '../base/index.ts';
import type { CallChain } from './call-chain.ts';
import type { CallTokens } from './call-tokens.ts';
import type { ChainsInFlight } from './chains-in-flight.ts';
import { extendChain } from './extend-chain.ts';
import type { Principal } from './principal.ts';

/** A call that an agent makes and the node passes on without reading it. */
export interface PassedCall {
  readonly principal: Extract<Principal, { readonly kind: 'worker' }>;
  /** The caller's place, when it showed its token. */
  readonly chain: CallChain | undefined;
  /** Who is called. */
  readonly agentId: string;
  readonly deploymentId: string;
  /** Ms since the epoch; undefined when the call itself sets none. */
  readonly deadlineAtMs: number | undefined;
  readonly correlationId: string;
  readonly nowMs: number;
}

/** Its place in the chain. */
export interface PlacedCall {
  /** For the agent that is called, so that its own calls continue the chain. */
  readonly callToken: string;
  /** The earlier of the call's own and the chain's. */
  readonly deadlineAtMs: number | undefined;
  /** The chain's. */
  readonly correlationId: string;
  /** The call is over. */
  leave(): void;
}

/** Gives calls that are passed on their place in the chain of calls, as calls of skills have it. */
export interface PassedCalls {
  /** In flight until `leave`. CHAIN_REFUSED when the agent is in the chain already, or it gets too deep. */
  enter(call: PassedCall): PlacedCall;
}

/** `chains` are those of the node: tasks, plain calls and passed ones share them. */
export function createPassedCalls(chains: ChainsInFlight, callTokens: Pick<CallTokens, 'sign'>): PassedCalls {
  return {
    enter({ principal, agentId, deploymentId, deadlineAtMs, correlationId, nowMs, ...call }) {
      const chain = extendChain({
        chain: call.chain ?? chains.deepestAt(principal.deploymentId),
        origin: principal.id,
        agentId,
        invocationId: createId(nowMs),
        ...{ deadlineAtMs, correlationId },
      });
      const leave = chains.add(deploymentId, chain);
      const { deadlineAtMs: until, correlationId: id } = chain;
      return { callToken: callTokens.sign(chain), deadlineAtMs: until, correlationId: id, leave };
    },
  };
}

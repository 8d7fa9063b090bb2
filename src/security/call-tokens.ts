import { ParleyError } from '../base/index.ts';
import type { CallChain } from './call-chain.ts';
import { createTokenSigner } from './signed-token.ts';

/** Proofs of a place in a chain of calls. */
export interface CallTokens {
  sign(chain: CallChain): string;
  /** Throws UNAUTHENTICATED for what this fabric did not sign. */
  verify(token: string): CallChain;
}

type Packed = [
  origin: string,
  path: string[],
  invocationId: string,
  deadlineAtMs: number | null,
  correlationId: string,
  roles?: readonly string[],
];

/** Call tokens under the node's key. */
export function createCallTokens(key: string): CallTokens {
  const signer = createTokenSigner(key, 'pc1');
  return {
    sign({ origin, path, invocationId, deadlineAtMs, correlationId, roles }) {
      const packed: Packed = [origin, [...path], invocationId, deadlineAtMs ?? null, correlationId];
      if (roles) packed.push(roles);
      return signer.sign(JSON.stringify(packed));
    },
    verify(token) {
      const text = signer.open(token);
      if (text === undefined) {
        throw new ParleyError(
          'UNAUTHENTICATED',
          'The call token is not one of this fabric; send the token of the invocation that makes the call.',
        );
      }
      const [origin, path, invocationId, deadlineAtMs, correlationId, roles] = JSON.parse(text) as Packed;
      const chain = { origin, path, invocationId, deadlineAtMs: deadlineAtMs ?? undefined, correlationId };
      return roles === undefined ? chain : { ...chain, roles };
    },
  };
}

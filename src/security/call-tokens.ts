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
  taskId?: string,
  party?: string,
];

/** Call tokens under the node's key. */
export function createCallTokens(key: string): CallTokens {
  const signer = createTokenSigner(key, 'pc1');
  return {
    sign({ origin, path, invocationId, deadlineAtMs, correlationId, roles, taskId, party }) {
      const packed: Packed = [origin, [...path], invocationId, deadlineAtMs ?? null, correlationId];
      if (roles !== undefined || taskId !== undefined) packed.push(roles ?? []);
      if (taskId !== undefined) packed.push(taskId);
      if (taskId !== undefined && party !== undefined) packed.push(party);
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
      const [origin, path, invocationId, deadlineAtMs, correlationId, roles = [], taskId, party] = JSON.parse(
        text,
      ) as Packed;
      return {
        ...{ origin, path, invocationId, deadlineAtMs: deadlineAtMs ?? undefined, correlationId },
        ...(roles.length > 0 && { roles }),
        ...(taskId !== undefined && { taskId }),
        ...(party !== undefined && { party }),
      };
    },
  };
}

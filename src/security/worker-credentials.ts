import { type Principal, workerPrincipal } from './principal.ts';
import { createTokenSigner } from './signed-token.ts';

/** What every worker credential begins with. */
export const workerCredentialPrefix = 'pw1';

/** Credentials by which workers call agents; never operator routes. */
export interface WorkerCredentials {
  issue(worker: { readonly agentId: string; readonly deploymentId: string }): string;
  /** Undefined for what this fabric did not issue. */
  verify(token: string): Principal | undefined;
}

/** Worker credentials under the node's key: valid for as long as the key is. */
export function createWorkerCredentials(key: string): WorkerCredentials {
  const signer = createTokenSigner(key, workerCredentialPrefix);
  return {
    issue: ({ agentId, deploymentId }) => signer.sign(JSON.stringify([agentId, deploymentId])),
    verify(token) {
      const text = signer.open(token);
      if (text === undefined) return undefined;
      const [agentId, deploymentId] = JSON.parse(text) as [string, string];
      return workerPrincipal(agentId, deploymentId);
    },
  };
}

import type { JsonObject, JsonValue } from '../../base/index.ts';
import { createCardPayloads } from '../../protocol/index.ts';
import type { GatewayServices } from '../options.ts';

/** Where the fabric's public keys are, below the address of the node. */
export const keysPath = '/.well-known/jwks.json';

/**
 * The card with its signatures by the fabric: one over all that it says, and, where those differ, over the two forms in which readers of
 * A2A 1.0 take it. `root`: where the node is reached.
 */
export function signCard(
  card: JsonObject,
  { cardSigner }: Pick<GatewayServices, 'cardSigner'>,
  root: string,
): JsonObject {
  const signatures = createCardPayloads(card).map((payload) => cardSigner.sign(payload, root + keysPath));
  return { ...card, signatures: signatures as unknown as JsonValue };
}

import { ParleyError } from '../../base/index.ts';
import type { AgentCard } from '../../protocol/index.ts';
import { mayCallSkill, mayReach, seesPrivateSkill } from '../../security/index.ts';
import type { CallContext } from '../../tasks/index.ts';
import type { GatewayServices } from '../options.ts';
import type { CardPlace } from './card-place.ts';

export interface ExtendedCardOptions {
  readonly services: Pick<GatewayServices, 'authenticator' | 'createCard'>;
  readonly context: CallContext;
  readonly place: CardPlace;
  /** The caller's protocol version. */
  readonly version: string;
}

/**
 * The card as its caller may use it: the skills that the caller may call, private ones among them. PERMISSION_DENIED for who may do
 * nothing to the agent; where callers have no identity there is none: UNSUPPORTED_OPERATION, EXTENDED_CARD_NOT_CONFIGURED in 0.3.
 */
export function createExtendedCard({ services, context, place, version }: ExtendedCardOptions): AgentCard {
  if (!services.authenticator.requiresIdentity) throw noExtendedCard(version);
  const { principal, chain } = context;
  const { id: agentId } = place.record;
  if (!mayReach(principal, agentId)) throw notForCaller(principal.id, agentId);
  return services.createCard({
    ...place,
    shows: (skill) =>
      (!skill.private || seesPrivateSkill(principal, agentId, skill.id)) &&
      mayCallSkill(principal, { agentId, skill, chain }),
  });
}

function noExtendedCard(version: string): ParleyError {
  const code = version === '0.3' ? 'EXTENDED_CARD_NOT_CONFIGURED' : 'UNSUPPORTED_OPERATION';
  return new ParleyError(code, 'The agent has no extended card; its public card says all there is.');
}

function notForCaller(caller: string, agentId: string): ParleyError {
  const message = `${caller} has no right on ${agentId}. Ask an operator for one; the public card says what there is.`;
  return new ParleyError('PERMISSION_DENIED', message, { details: { agentId } });
}

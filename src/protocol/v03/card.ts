import type { JsonObject, JsonValue } from '../../base/index.ts';
import type { AgentCard, AgentInterface, CardSecurity, SecurityScheme } from '../model.ts';

/** The version string of a card of this shape, and where its `url` points. */
interface CardShape {
  readonly protocolVersion: string;
  formatUrl(url: string): string;
}

/**
 * The card as 0.3 has it: one preferred interface at the top, the others beside it. Only the interfaces that speak 0.3 are in it.
 * `/.well-known/agent-card.json`
 */
export function encodeCard(card: AgentCard): JsonObject {
  return encode(card, { protocolVersion: '0.3.0', formatUrl: (url) => url });
}

/**
 * The card as 0.2.6 has it, at `/.well-known/agent.json`. Its clients look for the extended card at `{url}/../agent/…`: so the
 * URL ends in a segment that they can take away.
 */
export function encodeOldCard(card: AgentCard): JsonObject {
  return encode(card, { protocolVersion: '0.2.6', formatUrl: (url) => `${url}/rpc` });
}

/** A 1.0 card that a 0.3 client can read, too: what 0.3 calls differently stands beside. */
export function addOldFields(card: AgentCard, newShape: JsonObject): JsonObject {
  return { ...encodeCard(card), ...newShape };
}

/**
 * The card as the proto of 0.3 has it, which gRPC sends: its security schemes are those of 1.0. All else is as in `encodeCard`.
 */
export function encodeProtoCard(card: AgentCard): JsonObject {
  const { securitySchemes: _schemes, security: _security, ...shared } = encodeCard(card);
  const { securitySchemes, securityRequirements } = card;
  return {
    ...shared,
    ...(securitySchemes && { securitySchemes: securitySchemes as JsonObject }),
    ...(securityRequirements && { security: securityRequirements as unknown as JsonValue }),
  };
}

function encode(card: AgentCard, shape: CardShape): JsonObject {
  const { supportedInterfaces, capabilities, securitySchemes, securityRequirements, ...rest } = card;
  const spoken = supportedInterfaces.filter(({ protocolVersion }) => protocolVersion === '0.3');
  const [first] = spoken;
  const { extendedAgentCard, ...others } = capabilities;
  return {
    ...(rest as unknown as JsonObject),
    ...(securitySchemes && { securitySchemes: encodeSchemes(securitySchemes) }),
    ...(securityRequirements && { security: encodeRequirements(securityRequirements) }),
    protocolVersion: shape.protocolVersion,
    url: shape.formatUrl(first?.url ?? ''),
    preferredTransport: first?.protocolBinding ?? 'JSONRPC',
    additionalInterfaces: spoken.map((entry) => encodeInterface(entry, shape)),
    capabilities: others as unknown as JsonObject,
    supportsAuthenticatedExtendedCard: extendedAgentCard,
  };
}

function encodeInterface({ url, protocolBinding }: AgentInterface, shape: CardShape): JsonObject {
  return { url: protocolBinding === 'JSONRPC' ? shape.formatUrl(url) : url, transport: protocolBinding };
}

function encodeSchemes(schemes: CardSecurity['securitySchemes']): JsonObject {
  return Object.fromEntries(Object.entries(schemes).map(([name, scheme]) => [name, encodeScheme(scheme)]));
}

function encodeScheme(scheme: SecurityScheme): JsonObject {
  if ('httpAuthSecurityScheme' in scheme) return { type: 'http', ...scheme.httpAuthSecurityScheme };
  if ('mtlsSecurityScheme' in scheme) return { type: 'mutualTLS', ...scheme.mtlsSecurityScheme };
  return { type: 'openIdConnect', ...scheme.openIdConnectSecurityScheme };
}

function encodeRequirements(requirements: CardSecurity['securityRequirements']): JsonObject[] {
  return requirements.map(({ schemes }) =>
    Object.fromEntries(Object.entries(schemes).map(([name, { list }]) => [name, [...list]])),
  );
}

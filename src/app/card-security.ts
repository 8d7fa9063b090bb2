import type { CardSecurity, SecurityScheme } from '../protocol/index.ts';
import type { IdentityConfig } from './identity-config.ts';

/** What cards say of how callers show who they are: each scheme by itself is enough. Undefined when nobody needs one. */
export function describeSecurity({ modes, jwt }: IdentityConfig): CardSecurity | undefined {
  if (modes.length === 0) return undefined;
  const schemes: Record<string, SecurityScheme> = {};
  if (modes.includes('keys')) schemes['apiKey'] = bearer('An API key of this fabric.');
  if (modes.includes('jwt')) schemes['token'] = describeTokens(jwt);
  if (modes.includes('certificates'))
    schemes['certificate'] = { mtlsSecurityScheme: { description: 'A certificate of this fabric, by mutual TLS.' } };
  return {
    securitySchemes: schemes,
    securityRequirements: Object.keys(schemes).map((name) => ({ schemes: { [name]: { list: [] } } })),
  };
}

function describeTokens({ issuer = '', jwksUrl }: IdentityConfig['jwt']): SecurityScheme {
  const description = `A token of ${issuer}.`;
  if (jwksUrl !== undefined) return bearer(description, 'JWT');
  const openIdConnectUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return { openIdConnectSecurityScheme: { openIdConnectUrl, description } };
}

function bearer(description: string, bearerFormat?: string): SecurityScheme {
  return { httpAuthSecurityScheme: { scheme: 'Bearer', description, ...(bearerFormat && { bearerFormat }) } };
}

import { operatorRole, type Principal } from '../principal.ts';
import { type ApiKeys, apiKeyPrefix } from './api-keys.ts';
import type { JwtVerifier } from './jwt-verifier.ts';
import { grantRights, type Right, type RightsRule } from './right.ts';

/** How callers from outside show who they are. */
export interface Identity {
  /** The caller that has this bearer token; undefined when it does not count. UNAVAILABLE when that cannot be told now. */
  identify(token: string): Promise<Principal | undefined>;
  /** What a caller may send, for people: "API key or token of https://id.example". */
  readonly accepts: string;
}

export interface IdentityOptions {
  readonly apiKeys: Pick<ApiKeys, 'verify'> | undefined;
  readonly jwt: (JwtVerifier & { readonly issuer: string }) | undefined;
  readonly rules: readonly RightsRule[];
}

/** An identity by API keys, by JSON Web Tokens, or by both. */
export function createIdentity({ apiKeys, jwt, rules }: IdentityOptions): Identity {
  return {
    accepts: [apiKeys && 'API key', jwt && `token of ${jwt.issuer}`].filter((name) => name !== undefined).join(' or '),
    async identify(token) {
      if (token.startsWith(`${apiKeyPrefix}.`)) {
        const key = await apiKeys?.verify(token);
        return key && createPrincipal(`key:${key.subject}`, key.roles, key.rights ?? grantRights(rules, key.roles));
      }
      const bearer = await jwt?.verify(token);
      return bearer && createPrincipal(`jwt:${bearer.subject}`, bearer.roles, grantRights(rules, bearer.roles));
    },
  };
}

function createPrincipal(id: string, roles: readonly string[], rights: readonly Right[]): Principal {
  return roles.includes(operatorRole) ? { kind: 'operator', id, roles } : { kind: 'user', id, roles, rights };
}

import { operatorRole, type Principal } from '../principal.ts';
import { type ApiKeys, apiKeyPrefix } from './api-keys.ts';
import type { CallerCertificate } from './caller-certificate.ts';
import type { CertificateIdentity } from './certificate-identity.ts';
import type { JwtVerifier } from './jwt-verifier.ts';
import { grantRights, type Right, type RightsRule } from './right.ts';

/** How callers from outside show who they are. */
export interface Identity {
  /** The caller that has this bearer token; undefined when it does not count. UNAVAILABLE when that cannot be told now. */
  identify(token: string): Promise<Principal | undefined>;
  /** The caller with this certificate; undefined when it does not count. Not there when certificates say nothing of who calls. */
  identifyCertificate?(certificate: CallerCertificate): Principal | undefined;
  /** What a caller may send, for people: "API key or token of https://id.example"; '' when only certificates count. */
  readonly accepts: string;
}

export interface IdentityOptions {
  readonly apiKeys: Pick<ApiKeys, 'verify'> | undefined;
  readonly jwt: (JwtVerifier & { readonly issuer: string }) | undefined;
  readonly certificates?: CertificateIdentity | undefined;
  readonly rules: readonly RightsRule[];
}

/** An identity by API keys, by JSON Web Tokens, by certificates, or by several of them. */
export function createIdentity({ apiKeys, jwt, certificates, rules }: IdentityOptions): Identity {
  return {
    accepts: [apiKeys && 'API key', jwt && `token of ${jwt.issuer}`].filter((name) => name !== undefined).join(' or '),
    ...(certificates && {
      identifyCertificate(certificate: CallerCertificate) {
        const bearer = certificates.identify(certificate);
        return bearer && createPrincipal(`cert:${bearer.subject}`, bearer.roles, grantRights(rules, bearer.roles));
      },
    }),
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

import { z } from 'zod';
import { type CertificateSettings, operations, type RightsRule, subjectFields } from '../security/index.ts';

/** How callers show who they are; docs/configuration.md says what each means. */
export interface IdentityConfig {
  /** Empty: callers from outside are anonymous. */
  readonly modes: readonly ('keys' | 'jwt' | 'certificates')[];
  readonly jwt: {
    readonly issuer?: string | undefined;
    readonly audience?: string | undefined;
    readonly jwksUrl?: string | undefined;
    readonly algorithms: readonly string[];
    readonly clockSkewMs: number;
    readonly subjectClaim: string;
    readonly rolesClaim: string;
  };
  readonly certificates: CertificateSettings;
  readonly rights: readonly RightsRule[];
}

/** Signatures that only the issuer can make. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const jwt = z
  .strictObject({
    issuer: z.url().optional().describe('Who issues the tokens, exactly as they name it in `iss`.'),
    audience: z.string().min(1).optional().describe('What `aud` of a token must hold.'),
    jwksUrl: z
      .url()
      .optional()
      .describe("Where the issuer's keys are; default: what its OpenID Connect discovery document says."),
    algorithms: z
      .array(z.enum(algorithms))
      .min(1)
      .default(['RS256', 'ES256'])
      .describe('Signatures that are accepted, and no others.'),
    clockSkewMs: z.number().int().min(0).max(600_000).default(30_000).describe('How far clocks may differ.'),
    subjectClaim: z.string().min(1).default('sub').describe('The claim that says who the caller is.'),
    rolesClaim: z
      .string()
      .min(1)
      .default('roles')
      .describe('The claim with its roles: a list, or a text with blanks; a dot goes one level down.'),
  })
  .prefault({});

const names = z.array(z.string().min(1)).min(1);

const certificates = z
  .strictObject({
    subject: z
      .enum(subjectFields)
      .default('cn')
      .describe(
        "Where the name of the caller stands in its certificate: the subject's common name, or the first of its alternative names of that kind.",
      ),
    rules: z
      .array(z.strictObject({ subjects: names, roles: names }))
      .default([])
      .describe('Roles of callers with certificates: `{subjects, roles}`, each a list; the subject `*` is everybody.'),
  })
  .prefault({});

const rule: z.ZodType<RightsRule> = z.strictObject({
  roles: names,
  agents: names.default(['*']),
  skills: names.default(['*']),
  operations: z
    .array(z.enum(operations))
    .min(1)
    .default([...operations]),
});

/** The group `identity` of the configuration. */
export const identitySchema: z.ZodType<IdentityConfig> = z
  .strictObject({
    modes: z
      .array(z.enum(['keys', 'jwt', 'certificates']))
      .default([])
      .describe(
        'How callers show who they are: `keys` (API keys), `jwt` (tokens of an issuer), `certificates` (mutual TLS). Empty: they are anonymous, and only loopback may be listened on.',
      ),
    jwt,
    certificates,
    rights: z
      .array(rule)
      .default([])
      .describe(
        'What roles may do: `{roles, agents, skills, operations}`, each a list, `*` for all; operations are call, read, cancel. Empty: every caller may call every agent.',
      ),
  })
  .refine(({ modes, jwt: { issuer, audience } }) => !modes.includes('jwt') || (issuer && audience), {
    message: 'identity.modes has jwt: set identity.jwt.issuer and identity.jwt.audience, too',
  })
  .prefault({});

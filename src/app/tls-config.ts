import { z } from 'zod';

/** How TLS is spoken; docs/configuration.md says what each means. */
export interface TlsConfig {
  /** Undefined, as `key` is then: there is no TLS. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientCa?: string | undefined;
  readonly clientCertificates: 'ask' | 'require';
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly checkMs: number;
  readonly grpc: boolean;
}

const file = z.string().min(1).optional();

/** The group `tls` of the configuration. */
export const tlsSchema: z.ZodType<TlsConfig> = z
  .strictObject({
    cert: file.describe(
      "PEM file with the node's certificate, behind it those that lead to its authority: with it all ports speak TLS. Paths count from the data folder.",
    ),
    key: file.describe('PEM file with its private key, which not everybody may read.'),
    clientCa: file.describe(
      "PEM file with the authorities of callers' certificates; without it callers are asked for none.",
    ),
    clientCertificates: z
      .enum(['ask', 'require'])
      .default('ask')
      .describe('Whether callers may come without a certificate (`ask`) when `tls.clientCa` is set.'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Oldest version of TLS that is spoken.'),
    checkMs: z
      .number()
      .int()
      .positive()
      .max(2 ** 31 - 1)
      .default(10_000)
      .describe('How often the files are looked at; new ones count for new connections.'),
    grpc: z.boolean().default(true).describe('False: gRPC stays plain text on loopback, for a proxy in front of it.'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    message: 'tls.cert and tls.key belong together: set both or neither',
  })
  .refine(({ cert, clientCa }) => clientCa === undefined || cert !== undefined, {
    message: 'tls.clientCa is set: set tls.cert and tls.key, too',
  })
  .refine(({ clientCa, clientCertificates }) => clientCa !== undefined || clientCertificates === 'ask', {
    message: 'tls.clientCertificates is require: set tls.clientCa, too',
  })
  .prefault({});

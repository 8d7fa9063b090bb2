import type { Clock } from '../../base/index.ts';
import type { CallerCertificate, SubjectField } from './caller-certificate.ts';

/** Which roles the bearers of certificates have; `*` among the subjects means all of them. */
export interface CertificateRule {
  readonly subjects: readonly string[];
  readonly roles: readonly string[];
}

export interface CertificateSettings {
  /** Where the name of the caller stands. */
  readonly subject: SubjectField;
  readonly rules: readonly CertificateRule[];
}

/** Tells by their certificates who callers are. */
export interface CertificateIdentity {
  /** Undefined for a certificate that has ended, or says no name where one is looked for. */
  identify(certificate: CallerCertificate): { readonly subject: string; readonly roles: readonly string[] } | undefined;
}

/** Callers by the names in their certificates. */
export function createCertificateIdentity({ subject, rules }: CertificateSettings, clock: Clock): CertificateIdentity {
  return {
    identify({ names, expiresAtMs }) {
      const name = names[subject];
      if (name === undefined || expiresAtMs <= clock.now()) return undefined;
      const matching = rules.filter(({ subjects }) => subjects.includes('*') || subjects.includes(name));
      return { subject: name, roles: [...new Set(matching.flatMap(({ roles }) => roles))] };
    },
  };
}

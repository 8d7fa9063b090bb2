import type { X509Certificate } from 'node:crypto';

/** Where in a certificate the name of its bearer stands: the subject's common name, or the first of its kind among the alternative names. */
export const subjectFields = ['cn', 'dns', 'uri', 'email'] as const;
export type SubjectField = (typeof subjectFields)[number];

/** A certificate that a caller has proved to have, and whose authority counts here. */
export interface CallerCertificate {
  readonly names: Readonly<Partial<Record<SubjectField, string>>>;
  /** Ms since the epoch. */
  readonly expiresAtMs: number;
}

/** What the connection itself says of who calls. */
export interface CallerConnection {
  readonly certificate?: CallerCertificate | undefined;
  /** Callers must show a certificate, and this one came past TLS, from this machine: only workers and operators do that. */
  readonly isInner?: boolean;
}

/** What counts of a certificate. */
export function readCallerCertificate({ subject, subjectAltName, validTo }: X509Certificate): CallerCertificate {
  const alternatives = splitAlternativeNames(subjectAltName ?? '');
  const first = (kind: string): string | undefined => alternatives.find(([found]) => found === kind)?.[1];
  const entries = [
    ['cn', readCommonName(subject)],
    ['dns', first('DNS')],
    ['uri', first('URI')],
    ['email', first('email')],
  ] as const;
  const names = Object.fromEntries(entries.filter(([, name]) => name !== undefined && name !== ''));
  return { names, expiresAtMs: Date.parse(validTo) };
}

/** One line for each part of the subject. Of a subject with several common names none counts. */
function readCommonName(subject: string): string | undefined {
  const names = subject.split('\n').filter((line) => line.startsWith('CN='));
  return names.length === 1 ? names[0]?.slice(3) : undefined;
}

/** `DNS:a, URI:"b, with a comma"`: what could be taken for more than one name stands in quotes, as JSON. */
function splitAlternativeNames(text: string): readonly (readonly [kind: string, name: string])[] {
  return [...text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, kind = '', name = '']) => {
    return [kind, name.startsWith('"') ? String(JSON.parse(name)) : name];
  });
}

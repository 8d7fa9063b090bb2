import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { bits, der, integer, objectId, octets, sequence, setOf, text, truth, utcTime } from './der.ts';

/** A certificate with its key, both as PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority extends TestCertificate {
  /** A certificate of this authority. */
  issue(options: CertificateOptions): TestCertificate;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** `localhost`, `127.0.0.1` when left out. */
  readonly dns?: readonly string[];
  readonly uris?: readonly string[];
  /** Default: an hour from now. */
  readonly expiresAtMs?: number;
}

/** An authority for tests: real certificates, made without any other program. */
export function createTestAuthority(commonName: string = 'Test authority'): TestAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [extension('2.5.29.19', true, sequence(truth(true)))];
  const cert = formatCertificate({ issuer: commonName, commonName, publicKey, signer: privateKey, extensions });
  return { cert, key: formatKey(privateKey), issue: (options) => issue(commonName, privateKey, options) };
}

function issue(issuer: string, signer: KeyObject, options: CertificateOptions): TestCertificate {
  const { commonName, dns = ['localhost'], uris = [], expiresAtMs } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = [
    ...dns.map((name) => der(0x82, Buffer.from(name))),
    ...uris.map((uri) => der(0x86, Buffer.from(uri))),
    der(0x87, Buffer.from([127, 0, 0, 1])),
  ];
  const extensions = [extension('2.5.29.17', false, sequence(...names))];
  const cert = formatCertificate({ issuer, commonName, publicKey, signer, extensions, expiresAtMs });
  return { cert, key: formatKey(privateKey) };
}

interface CertificateParts {
  readonly issuer: string;
  readonly commonName: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly expiresAtMs?: number | undefined;
}

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'));
const hourMs = 3_600_000;

function formatCertificate(parts: CertificateParts): string {
  const { issuer, commonName, publicKey, signer, extensions, expiresAtMs = Date.now() + hourMs } = parts;
  const signed = sequence(
    der(0xa0, integer(2)),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    formatName(issuer),
    sequence(utcTime(new Date(expiresAtMs - 48 * hourMs)), utcTime(new Date(expiresAtMs))),
    formatName(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const certificate = sequence(signed, ecdsaWithSha256, bits(sign('sha256', signed, signer)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function formatName(commonName: string): Buffer {
  return sequence(setOf(sequence(objectId('2.5.4.3'), text(commonName))));
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(isCritical ? [truth(true)] : []), octets(value));
}

function formatKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

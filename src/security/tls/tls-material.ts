import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { isSystemError, ParleyError } from '../../base/index.ts';

/** Where the node's certificate is, and whose certificates count for callers. Absolute paths of PEM files. */
export interface TlsFiles {
  /** The node's own certificate, behind it those that lead to its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of callers' certificates; undefined: callers are asked for none. */
  readonly clientCa?: string | undefined;
}

/** What TLS is spoken with: read, and found to fit together. */
export interface TlsMaterial {
  readonly cert: string;
  /** Never to be shown or logged. */
  readonly key: string;
  readonly clientCa: string | undefined;
  /** When the node's certificate ends, ms since the epoch. */
  readonly expiresAtMs: number;
}

/** Reads the files. CONFIG_INVALID says which of them is wrong, and how; what is in them is never shown. */
export async function readTlsMaterial(files: TlsFiles, nowMs: number): Promise<TlsMaterial> {
  const [cert, key, clientCa] = await Promise.all([
    readText('tls.cert', files.cert),
    readKeyText(files.key),
    files.clientCa === undefined ? undefined : readText('tls.clientCa', files.clientCa),
  ]);
  const [own] = parseCertificates('tls.cert', files.cert, cert);
  if (clientCa !== undefined) parseCertificates('tls.clientCa', files.clientCa ?? '', clientCa);
  checkTimes(own, files.cert, nowMs);
  if (!own.checkPrivateKey(parseKey(files.key, key))) {
    throw invalid(`tls.key ${files.key} is not the key of the certificate in tls.cert ${files.cert}.`);
  }
  return { cert, key, clientCa, expiresAtMs: Date.parse(own.validTo) };
}

async function readText(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    throw unreadable(setting, file, thrown);
  }
}

/** A key that every user of the machine may read is nobody's. */
async function readKeyText(file: string): Promise<string> {
  const { mode } = await stat(file).catch((thrown: unknown) => {
    throw unreadable('tls.key', file, thrown);
  });
  if ((mode & 0o007) === 0) return readText('tls.key', file);
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  throw invalid(`tls.key ${file} has mode ${octal}, everybody here may read it; run "chmod 600 ${file}".`);
}

const certificateForm = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function parseCertificates(setting: string, file: string, text: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = text.match(certificateForm) ?? [];
  try {
    const [first, ...rest] = blocks.map((block) => new X509Certificate(block));
    if (first !== undefined) return [first, ...rest];
  } catch (thrown) {
    throw invalid(`${setting} ${file} has a certificate that cannot be read.`, thrown);
  }
  throw invalid(`${setting} ${file} holds no certificate in PEM form ("-----BEGIN CERTIFICATE-----").`);
}

function parseKey(file: string, text: string): KeyObject {
  if (text.includes('ENCRYPTED')) {
    throw invalid(`tls.key ${file} is encrypted; write it without a passphrase, with mode 0600.`);
  }
  try {
    return createPrivateKey(text);
  } catch {
    // Without its cause: nothing that was read of a key goes anywhere.
    throw invalid(`tls.key ${file} holds no private key in PEM form.`);
  }
}

function checkTimes({ validFrom, validTo }: X509Certificate, file: string, nowMs: number): void {
  if (Date.parse(validTo) <= nowMs) throw invalid(`The certificate in tls.cert ${file} ended on ${validTo}; renew it.`);
  if (Date.parse(validFrom) <= nowMs) return;
  throw invalid(
    `The certificate in tls.cert ${file} counts from ${validFrom} on only; is the clock of this machine right?`,
  );
}

function unreadable(setting: string, file: string, cause: unknown): ParleyError {
  if (isSystemError(cause, 'ENOENT')) return invalid(`${setting} names ${file}, and there is no such file.`, cause);
  const reason = isSystemError(cause, 'EACCES') ? 'may not be read by this user' : 'cannot be read';
  return invalid(`${setting} names ${file}, which ${reason}.`, cause);
}

function invalid(message: string, cause?: unknown): ParleyError {
  return new ParleyError('CONFIG_INVALID', message, { cause });
}

import { ParleyError } from '../../base/index.ts';

/** What the messages name. */
export interface DownloadSubject {
  /** The address as people may see it. */
  readonly shown: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly tries: number;
}

/** What a status other than 200, 206 and 304 means. UNREACHABLE is worth another try. */
export function refuseStatus(status: number, { shown }: DownloadSubject): ParleyError {
  if (status >= 500 || [206, 408, 416, 425, 429].includes(status)) {
    return new ParleyError('UNREACHABLE', `it answers with status ${status}`);
  }
  if (status === 401 || status === 403) {
    const message = `${shown} may not be fetched: status ${status}. Check its credentials; a signed address may have expired.`;
    return new ParleyError('PERMISSION_DENIED', message);
  }
  return new ParleyError('NOT_FOUND', `There is no package at ${shown}: status ${status}. Check the address.`);
}

/** The download's own deadline has passed. */
export function tooLate({ shown, timeoutMs }: DownloadSubject): ParleyError {
  const message = `${shown} was not fetched within ${timeoutMs / 1_000} s; raise packages.downloadTimeoutMs if it is large.`;
  return new ParleyError('DEADLINE_EXCEEDED', message);
}

/** More bytes than allowed, as declared or as counted. */
export function tooLarge({ shown, maxBytes }: DownloadSubject): ParleyError {
  const message = `${shown} has more than ${maxBytes} bytes; make the package smaller or raise packages.maxBytes.`;
  return new ParleyError('PAYLOAD_TOO_LARGE', message, { details: { limit: maxBytes } });
}

/** What the fetcher or the other side refused, as a person needs it: what was fetched from where, and what to do. */
export function explainDownload(error: ParleyError, subject: DownloadSubject): ParleyError {
  const { shown, tries } = subject;
  const target = error.details['target'];
  if (error.code === 'PERMISSION_DENIED' && target !== undefined) {
    const advice = 'Name it in packages.allowHosts if packages may come from there.';
    const message = `No package is fetched from ${target}: it is a private, loopback or reserved address. ${advice}`;
    return new ParleyError('PERMISSION_DENIED', message, { cause: error, details: { target } });
  }
  if (error.code === 'PAYLOAD_TOO_LARGE') return tooLarge(subject);
  if (error.code !== 'UNREACHABLE') return error;
  const why = error.message.replace(/\.$/, '');
  return new ParleyError('UNREACHABLE', `${shown} cannot be fetched after ${tries} tries: ${why}.`, { cause: error });
}

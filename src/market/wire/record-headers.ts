/** Names of the headers of our records. */
export const recordHeaders = {
  recordId: 'parley-record-id',
  causationId: 'causation-id',
  correlationId: 'correlation-id',
  traceparent: 'traceparent',
  contentType: 'content-type',
  signature: 'parley-signature',
} as const;

const maxHeaderLength = 1_024;

/** A header's text; null when it is not there, or longer than any of ours. */
export function readHeader(headers: Readonly<Record<string, string>>, name: string): string | null {
  const text = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return text === undefined || text === '' || text.length > maxHeaderLength ? null : text;
}

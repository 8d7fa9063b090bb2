import { recordHeaders } from '../../log/index.ts';

const own = { recordId: 'parley-record-id', signature: 'parley-signature' } as const;

/** Names of the headers of the market's records: those of all our records, and its own. */
export const marketHeaders: typeof recordHeaders & typeof own = { ...recordHeaders, ...own };

const maxHeaderLength = 1_024;

/** A header's text; null when it is not there, or longer than any of ours. */
export function readHeader(headers: Readonly<Record<string, string>>, name: string): string | null {
  const text = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return text === undefined || text === '' || text.length > maxHeaderLength ? null : text;
}

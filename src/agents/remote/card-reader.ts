import { isObject, type JsonObject, ParleyError } from '../../base/index.ts';
import type { HttpClient, HttpResponse } from '../../drivers/http/index.ts';
import { type AgentCard, type CardKey, decodeCard, verifyCard } from '../../protocol/index.ts';

/** A card as it was read, with what its server says about keeping it. */
export interface ReadCard {
  readonly card: AgentCard;
  readonly etag: string | undefined;
  /** It need not be asked for again within this time. */
  readonly maxAgeMs: number;
}

export interface CardReaderOptions {
  readonly http: HttpClient;
  /** The agent's base, such as `https://a.example/a2a/analyst`, or the address of the card itself, which ends with `.json`. */
  readonly url: string;
  /** Credentials for an address. */
  readonly headers: (url: string) => Readonly<Record<string, string>>;
  /** Where there are any, only a card that one of them has signed counts, and of it only what was signed. */
  readonly keys?: readonly CardKey[] | undefined;
}

/** Reads one agent's card. Errors: UNREACHABLE, PERMISSION_DENIED (the address may not be called), INVALID_AGENT_RESPONSE. */
export interface CardReader {
  /** `known`: is given back as it is when the server says that nothing has changed. */
  read(known: ReadCard | undefined, signal: AbortSignal): Promise<ReadCard>;
}

const places = ['/.well-known/agent-card.json', '/.well-known/agent.json'];
const maxCardBytes = 2 * 1024 * 1024;
const timeoutMs = 15_000;
const maxRedirects = 3;

/** A reader of the card at `url`: where A2A 1.0 and 0.3 have it, else where 0.2.6 has. */
export function createCardReader({ http, url, headers, keys }: CardReaderOptions): CardReader {
  const base = url.replace(/\/+$/, '');
  const candidates = URL.parse(base)?.pathname.endsWith('.json') ? [base] : places.map((place) => base + place);
  const ask = (address: string, known: ReadCard | undefined, signal: AbortSignal): Promise<HttpResponse> => {
    const validator = known?.etag === undefined ? {} : { 'if-none-match': known.etag };
    const all = { accept: 'application/json', ...validator, ...headers(address) };
    return http.request({
      ...{ method: 'GET', url: address, headers: all },
      ...{ signal, timeoutMs, maxBodyBytes: maxCardBytes, maxRedirects },
    });
  };
  return {
    async read(known, signal) {
      let status = 0;
      for (const address of candidates) {
        const response = await ask(address, known, signal);
        if (response.status === 304 && known) return { ...known, maxAgeMs: maxAgeOf(response) };
        if (response.status === 200) return toReadCard(response, keys);
        await response.discard();
        status = response.status;
        if (status !== 404 && status !== 405) break;
      }
      throw noCard(base, status);
    },
  };
}

async function toReadCard(response: HttpResponse, keys: CardReaderOptions['keys']): Promise<ReadCard> {
  const told: unknown = await response.json();
  const card = decodeCard(keys && isObject(told) ? verifyCard(told as JsonObject, keys).card : told);
  return { card, etag: response.headers['etag'], maxAgeMs: maxAgeOf(response) };
}

function maxAgeOf({ headers }: HttpResponse): number {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(headers['cache-control'] ?? '')?.[1];
  return seconds === undefined ? 0 : Number(seconds) * 1_000;
}

function noCard(base: string, status: number): ParleyError {
  const advice =
    status === 401 || status === 403
      ? 'check the credentials that are set for this agent'
      : 'check that the address is the base of an A2A agent';
  return new ParleyError('UNREACHABLE', `${base} has no card (status ${status}); ${advice}.`);
}

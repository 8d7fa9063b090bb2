import { type Clock, computeBackoffMs, isObject, ParleyError, sleep } from '../../base/index.ts';
import type { NegotiationQuery } from '../../market/index.ts';
import { parseWireError, type SseEvent } from '../../protocol/index.ts';
import type {
  MarketAgentView,
  MarketControl,
  NegotiationPageView,
  NegotiationThreadView,
  NegotiationView,
} from '../market/market-control.ts';
import type { NodeConnection } from './node-connection.ts';

/** The market by way of a node: what an operator can do with it there. */
export type MarketClient = MarketControl;

const root = '/api/v1/market/negotiations';
const agentRoot = '/api/v1/market/agents';

const backoff = { baseMs: 200, multiplier: 2, maxMs: 5_000 };
// About 20 s for a node that restarts under a stream; a node that never answered is given up at once.
const maxFailures = 8;
const ended: ReadonlySet<string | undefined> = new Set(['completed', 'failed', 'withdrawn']);

/** The part of a client that is about work put out to tender. */
export function createMarketClient(connection: NodeConnection, clock: Clock): MarketClient {
  const pathOf = (taskId: string, rest = ''): string => `${root}/${encodeURIComponent(taskId)}${rest}`;
  const get = (path: string): Promise<unknown> => connection.json({ method: 'GET', path });
  const post = (path: string, body: object): Promise<unknown> => connection.json({ method: 'POST', path, body });
  return {
    request: (request) => post(root, request) as Promise<NegotiationView>,
    list: (query) => get(`${root}?${formatQuery(query)}`) as Promise<NegotiationPageView>,
    show: (taskId) => get(pathOf(taskId)) as Promise<NegotiationThreadView>,
    follow(taskId, signal) {
      const path = pathOf(taskId, '/follow');
      const open = (): Promise<AsyncIterable<SseEvent>> => {
        return connection.events({ method: 'GET', path, signal, headTimeoutMs: 0 });
      };
      return followViews({ open, clock, signal });
    },
    withdraw: (taskId, reason) => {
      return post(pathOf(taskId, '/withdraw'), reason === undefined ? {} : { reason }) as Promise<NegotiationView>;
    },
    agents: async () => ((await get(agentRoot)) as { agents: MarketAgentView[] }).agents,
    agent: (agentId) => get(`${agentRoot}/${encodeURIComponent(agentId)}`) as Promise<MarketAgentView>,
  };
}

function formatQuery({ phase, limit, cursor }: NegotiationQuery): URLSearchParams {
  const query = new URLSearchParams({ limit: String(limit) });
  if (phase !== undefined) query.set('phase', phase);
  if (cursor !== undefined) query.set('cursor', cursor);
  return query;
}

interface Following {
  open(): Promise<AsyncIterable<SseEvent>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Each state once; a stream that was cut is opened again, and goes on with what is new. */
async function* followViews({ open, clock, signal }: Following): AsyncGenerator<NegotiationView, void, undefined> {
  let last: { readonly data: string; readonly view: NegotiationView } | undefined;
  for (let failures = 0; !ended.has(last?.view.phase); ) {
    try {
      for await (const { data } of await open()) {
        if (data === last?.data) continue;
        last = { data, view: readView(data) };
        failures = 0;
        yield last.view;
      }
      if (ended.has(last?.view.phase)) return;
      throw new ParleyError('UNREACHABLE', 'The stream ended before the negotiation did; follow it again.');
    } catch (thrown) {
      const error = ParleyError.from(thrown);
      const isLost = error.code === 'UNREACHABLE' || error.code === 'UNAVAILABLE';
      if (!isLost || last === undefined || failures >= maxFailures || signal.aborted) throw error;
      await sleep(clock, error.retryAfterMs ?? computeBackoffMs(backoff, failures), signal);
      failures++;
    }
  }
}

function readView(data: string): NegotiationView {
  const json: unknown = JSON.parse(data);
  if (isObject(json) && isObject(json['error'])) throw parseWireError({ status: 500, body: json });
  return json as NegotiationView;
}

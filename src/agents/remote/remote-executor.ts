import { type Clock, ParleyError, systemClock } from '../../base/index.ts';
import type { HttpClient } from '../../drivers/http/index.ts';
import { type AgentCard, idempotentSendUri } from '../../protocol/index.ts';
import type { AgentExecutor, ExecutionEvent, Invocation } from '../port.ts';
import { chooseWay, type RemoteWay } from './choose-way.ts';
import { type RemotePatience, RemoteRun } from './remote-run.ts';
import { createRemoteWire } from './remote-wire.ts';

/** What is read of a remote agent's card to call it. */
export type RemoteCard = Pick<AgentCard, 'supportedInterfaces' | 'capabilities'>;

export interface RemoteExecutorOptions {
  /** Goes only where its address policy lets it; who made it closes it. */
  readonly http: HttpClient;
  /** The card of the agent that the call is for; undefined while there is none. */
  readonly card: (invocation: Invocation) => RemoteCard | undefined;
  /** Headers of every call to `url` beside A2A's own: credentials. They never reach a log or an error. */
  readonly headers?: (invocation: Invocation, url: string) => Readonly<Record<string, string>>;
  /** False: a task's message goes as its caller wrote it, and the server finds the skill that is meant. Default true. */
  readonly namesSkill?: boolean;
  readonly patience?: Partial<RemotePatience>;
  readonly clock?: Clock;
}

const defaultPatience: RemotePatience = { reconnectMs: 60_000, cancelWaitMs: 10_000, askPollMs: 5_000 };

/**
 * An A2A server at a URL behind the port: any of 1.0, 0.3 and 0.2.6, by JSON-RPC or HTTP+JSON, as its card says. Streams where
 * the card says so, else looks at the task until it has ended. A connection that breaks is opened again where it was; a server
 * that stays away for `reconnectMs` with a call in its hands is OUTCOME_UNKNOWN, one that could not be reached at all
 * AGENT_UNAVAILABLE. Each call carries the invocation's id as idempotency key, its trace, correlation id and time left.
 */
export function createRemoteExecutor(options: RemoteExecutorOptions): AgentExecutor {
  const { http, card, headers, namesSkill = true, clock = systemClock } = options;
  const patience = { ...defaultPatience, ...options.patience };
  return {
    async *execute(invocation): AsyncGenerator<ExecutionEvent, void, undefined> {
      if (invocation.signal.aborted) return yield { kind: 'end', state: 'canceled' };
      const found = card(invocation);
      const way = requireWay(found, invocation.agentId);
      const run = new RemoteRun({
        invocation,
        wire: createRemoteWire(way, http),
        target: URL.parse(way.url)?.origin ?? way.url,
        streaming: found?.capabilities.streaming ?? false,
        doesOnce: found?.capabilities.extensions?.some(({ uri }) => uri === idempotentSendUri) ?? false,
        headers: headers?.(invocation, way.url) ?? {},
        namesSkill: namesSkill || invocation.task === undefined,
        patience,
        clock,
      });
      yield* run.events();
    },
  };
}

function requireWay(card: RemoteCard | undefined, agentId: string): RemoteWay {
  if (card === undefined) {
    throw new ParleyError(
      'AGENT_UNAVAILABLE',
      `The card of agent ${agentId} has not been read yet; try again in a moment.`,
    );
  }
  const way = chooseWay(card);
  if (way) return way;
  throw new ParleyError('AGENT_ERROR', `Agent ${agentId} speaks neither JSON-RPC nor HTTP+JSON of A2A 1.0 or 0.3.`);
}

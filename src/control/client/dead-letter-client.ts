import type { DeadLetter, DeadLetterFilter } from '../../resilience/index.ts';
import type { DeadLetterChoice, DeadLetterOutcome, DeadLetterView } from '../dead-letter-control.ts';
import type { NodeConnection } from './node-connection.ts';

/** Dead letters of a node. */
export interface DeadLetterClient {
  list(query: DeadLetterFilter & { readonly pageSize: number; readonly pageToken?: string }): Promise<DeadLetterList>;
  /** Bytes of a call's message are base64 in `raw`. */
  get(id: string): Promise<DeadLetterView>;
  redrive(
    choice: DeadLetterChoice & { readonly perSecond: number; readonly cursor?: string },
  ): Promise<DeadLetterOutcome>;
  discard(choice: DeadLetterChoice & { readonly cursor?: string }): Promise<DeadLetterOutcome>;
}

export interface DeadLetterList {
  readonly letters: readonly DeadLetter[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

const path = '/api/v1/dead-letters';

/** The part of a client that is about dead letters. */
export function createDeadLetterClient(connection: NodeConnection): DeadLetterClient {
  const post = (name: string, body: object): Promise<DeadLetterOutcome> =>
    connection.json({
      ...{ method: 'POST', path: `${path}/${name}`, body, headTimeoutMs: 0 },
    }) as Promise<DeadLetterOutcome>;
  return {
    list: ({ agentId, ...rest }) => {
      const query = new URLSearchParams();
      for (const [key, value] of Object.entries({ agent: agentId, ...rest })) {
        if (value !== undefined) query.set(key, String(value));
      }
      return connection.json({ method: 'GET', path: `${path}?${query}` }) as Promise<DeadLetterList>;
    },
    get: (id) =>
      connection.json({ method: 'GET', path: `${path}/${encodeURIComponent(id)}` }) as Promise<DeadLetterView>,
    redrive: (choice) => post('redrive', choice),
    discard: (choice) => post('discard', choice),
  };
}

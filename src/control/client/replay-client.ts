import type { StateView } from '../../base/index.ts';
import type { ReplayControl, Trial, TrialRequest } from '../log/replay-control.ts';
import type { LogErasure } from '../log/task-records.ts';
import type { NodeConnection } from './node-connection.ts';

/** The log's records of tasks by way of a node. */
export type ReplayClient = ReplayControl;

/** The part of a client that is about what the log and the store have of tasks. */
export function createReplayClient(connection: NodeConnection): ReplayClient {
  return {
    states: () => read<StateView>(connection, { method: 'GET', path: '/api/v1/log/states' }),
    trials: (request, signal) =>
      read<Trial>(connection, { method: 'POST', path: `/api/v1/log/trials?${toQuery(request)}`, signal }),
    erase: (party, isDry) =>
      connection.json({
        ...{ method: 'POST', path: '/api/v1/log/erasures', body: { party, isDry }, headTimeoutMs: 0 },
      }) as Promise<LogErasure>,
  };
}

async function* read<T>(
  connection: NodeConnection,
  call: Parameters<NodeConnection['events']>[0],
): AsyncGenerator<T, void, undefined> {
  for await (const { data } of await connection.events({ ...call, headTimeoutMs: 0 })) yield JSON.parse(data) as T;
}

function toQuery(request: TrialRequest): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request)) if (value !== undefined) query.set(name, String(value));
  return query;
}

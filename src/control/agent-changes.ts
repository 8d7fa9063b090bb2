import type { AgentQuery, Registry } from '../registry/index.ts';
import type { AgentView } from './views.ts';

/** One line of a watch: an agent as it is now, or one that is no longer there or no longer matches. */
export type AgentChange =
  | { readonly kind: 'agent'; readonly agent: AgentView }
  | { readonly kind: 'gone'; readonly id: string };

export interface AgentChangesOptions {
  readonly registry: Pick<Registry, 'watch'>;
  readonly list: (query: AgentQuery) => readonly AgentView[];
  readonly query: AgentQuery;
  readonly signal: AbortSignal;
}

/**
 * The agents that match, then each change of them, until the signal aborts. Load is no change. What changes several times while
 * the reader is busy is told once, as it is then: memory stays bounded.
 */
export async function* watchAgents(options: AgentChangesOptions): AsyncGenerator<AgentChange, void, undefined> {
  const { registry, list, query, signal } = options;
  const told = new Map<string, string>();
  let changed = new Set<string>();
  let wake = (): void => {};
  const unwatch = registry.watch((agentId, change) => {
    if (change !== 'endpoints') return;
    changed.add(agentId);
    wake();
  });
  const stop = (): void => wake();
  signal.addEventListener('abort', stop, { once: true });
  try {
    yield* compare(list(query), told);
    while (!signal.aborted) {
      if (changed.size === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const ids = changed;
      changed = new Set();
      for (const id of ids) {
        const asked = query.id === undefined || query.id.toLowerCase() === id.toLowerCase();
        if (asked) yield* compareOne(id, list({ ...query, id }), told);
      }
    }
  } finally {
    unwatch();
    signal.removeEventListener('abort', stop);
  }
}

function* compareOne(id: string, views: readonly AgentView[], told: Map<string, string>): Generator<AgentChange> {
  const view = views.find((one) => one.id === id);
  if (view) return yield* compare([view], told);
  if (told.delete(id)) yield { kind: 'gone', id };
}

function* compare(views: readonly AgentView[], told: Map<string, string>): Generator<AgentChange> {
  for (const agent of views) {
    const { inFlight: _busy, queued: _queued, lastActivityAtMs: _last, ...described } = agent;
    const text = JSON.stringify(described);
    if (told.get(agent.id) === text) continue;
    told.set(agent.id, text);
    yield { kind: 'agent', agent };
  }
}

import type { AgentRecord } from '../agents/index.ts';
import { type AgentQuery, type AgentTerms, createAgentTerms } from './agent-query.ts';

const indexed = ['id', 'skill', 'tag', 'capability'] as const;
type Field = (typeof indexed)[number];

/** Finds agents by what their records say, without looking at those that cannot match. */
export class AgentIndex {
  readonly #terms = new Map<string, { readonly record: AgentRecord; readonly terms: AgentTerms }>();
  readonly #byTerm: Readonly<Record<Field, Map<string, Set<string>>>> = {
    id: new Map(),
    skill: new Map(),
    tag: new Map(),
    capability: new Map(),
  };

  /** What the agent is now; undefined: it is gone. */
  set(agentId: string, record: AgentRecord | undefined): void {
    const known = this.#terms.get(agentId);
    if (known?.record === record) return;
    if (known) this.#remove(agentId, known.terms);
    if (record) this.#add(agentId, record);
  }

  /** Ids of the agents that match all but the query's status; undefined: nothing else is asked for. */
  find(query: AgentQuery): readonly string[] | undefined {
    const wanted = indexed.flatMap((field) => (query[field] === undefined ? [] : [[field, query[field]] as const]));
    const sets = wanted.map(([field, value]) => this.#byTerm[field].get(value.toLowerCase()) ?? none);
    const [smallest, ...others] = sets.toSorted((a, b) => a.size - b.size);
    const text = query.text?.toLowerCase();
    if (smallest === undefined && text === undefined) return undefined;
    const candidates = [...(smallest ?? this.#terms.keys())].filter((id) => others.every((set) => set.has(id)));
    return text === undefined ? candidates : candidates.filter((id) => this.#terms.get(id)?.terms.text.includes(text));
  }

  #add(agentId: string, record: AgentRecord): void {
    const terms = createAgentTerms(record);
    this.#terms.set(agentId, { record, terms });
    for (const field of indexed) {
      for (const term of terms[field]) {
        const ids = this.#byTerm[field].get(term) ?? new Set();
        this.#byTerm[field].set(term, ids.add(agentId));
      }
    }
  }

  #remove(agentId: string, terms: AgentTerms): void {
    this.#terms.delete(agentId);
    for (const field of indexed) {
      for (const term of terms[field]) {
        const ids = this.#byTerm[field].get(term);
        ids?.delete(agentId);
        if (ids?.size === 0) this.#byTerm[field].delete(term);
      }
    }
  }
}

const none: ReadonlySet<string> = new Set();

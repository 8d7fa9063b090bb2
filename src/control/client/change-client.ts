import type { DeploymentView, HistoryEntry, Rollback } from '../../runtime/index.ts';

/** What an operator changes while it runs; ids of agents or deployments. */
export interface ChangeClient {
  scale(id: string, replicas: number): Promise<DeploymentView>;
  setWeights(agentId: string, weights: Readonly<Record<string, number>>): Promise<readonly DeploymentView[]>;
  enable(id: string): Promise<readonly DeploymentView[]>;
  disable(id: string): Promise<readonly DeploymentView[]>;
  /** Answers what has begun; `history` tells when it is done. */
  rollback(agentId: string, to?: string): Promise<Rollback>;
  /** Newest first. */
  history(id: string): Promise<readonly HistoryEntry[]>;
}

interface Verbs {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
}

/** The part of a client that changes what runs. */
export function createChangeClient({ get, post }: Verbs): ChangeClient {
  const agent = (id: string): string => `/agents/${encodeURIComponent(id)}`;
  const views = async (path: string, body: unknown = {}): Promise<readonly DeploymentView[]> =>
    (await post<{ deployments: DeploymentView[] }>(path, body)).deployments;
  return {
    scale: (id, replicas) => post(`/deployments/${encodeURIComponent(id)}/scale`, { replicas }),
    setWeights: (id, weights) => views(`${agent(id)}/weights`, { weights }),
    enable: (id) => views(`${agent(id)}/enable`),
    disable: (id) => views(`${agent(id)}/disable`),
    rollback: (id, to) => post(`${agent(id)}/rollback`, to === undefined ? {} : { to }),
    history: async (id) => (await get<{ deployments: HistoryEntry[] }>(`${agent(id)}/history`)).deployments,
  };
}

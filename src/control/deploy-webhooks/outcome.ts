import type { DeploymentView, HistoryEntry } from '../../runtime/index.ts';

/** Whom to tell how a deployment came out. */
export interface DeployWebhook {
  readonly url: string;
  /** Signs what is sent. */
  readonly secret?: string;
}

/** What a webhook is told, as PAR's clients know these names. */
export interface DeployOutcome {
  readonly deploymentId: string;
  readonly agentAppId: string;
  readonly status: 'healthy' | 'failed' | 'stopped';
  readonly healthy: boolean;
  /** What is wrong, when it is not healthy. */
  readonly message: string | null;
}

type Known = Pick<DeploymentView | HistoryEntry, 'id' | 'status' | 'message' | 'createdAtMs'> & {
  readonly served?: boolean;
};

/** What came of the deployment that was asked for then: `known`, newest first, are those that may be it. */
export function findOutcome(
  known: readonly Known[],
  asked: { readonly deploymentId: string; readonly agentId: string; readonly askedAtMs: number },
): DeployOutcome | 'open' | 'unknown' {
  const found = known.find(({ id, createdAtMs }) => id === asked.deploymentId && createdAtMs >= asked.askedAtMs);
  if (found === undefined) return 'unknown';
  const status = found.served ? 'healthy' : outcomes[found.status];
  if (status === undefined) return 'open';
  const healthy = status === 'healthy';
  const message = healthy ? null : (found.message ?? null);
  return { deploymentId: found.id, agentAppId: asked.agentId, status, healthy, message };
}

const outcomes: Readonly<Record<DeploymentView['status'], DeployOutcome['status'] | undefined>> = {
  pending: undefined,
  downloading: undefined,
  loading: undefined,
  starting: undefined,
  healthy: 'healthy',
  failed: 'failed',
  stopping: undefined,
  stopped: 'stopped',
};

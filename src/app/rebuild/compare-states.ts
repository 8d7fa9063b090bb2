import { findJsonDifferences, type JsonDifference } from '../../base/index.ts';
import type { TaskStateView } from '../../tasks/index.ts';
import type { RebuildReport } from './rebuild-report.ts';

/** How a live state and the one from the log stand to each other. */
export type Comparison =
  | { readonly kind: 'equal' }
  | { readonly kind: 'different'; readonly differences: readonly JsonDifference[] }
  /** The log has all of its time, and nothing of it. */
  | { readonly kind: 'missing' }
  /** The log has it in part only, or it is older than the log. */
  | { readonly kind: 'incomplete' }
  /** Something has happened to it since the log was read. */
  | { readonly kind: 'newer' };

const endStates: ReadonlySet<unknown> = new Set(['completed', 'failed', 'canceled', 'rejected']);

/** Compares a state of the live store with the one that was rebuilt, name by name and value by value. */
export function compareStates(
  live: TaskStateView,
  rebuilt: TaskStateView | undefined,
  report: Pick<RebuildReport, 'startedAtMs' | 'oldestMs'> & { readonly incomplete: ReadonlySet<string> },
): Comparison {
  const differences = rebuilt === undefined ? [] : findJsonDifferences(live.state, rebuilt.state);
  if (rebuilt !== undefined && differences.length === 0) return { kind: 'equal' };
  if (report.incomplete.has(live.id)) return { kind: 'incomplete' };
  if (live.version > (rebuilt?.version ?? 0) && mayGrow(live, report.startedAtMs)) return { kind: 'newer' };
  if (rebuilt !== undefined) return { kind: 'different', differences };
  return live.statusAtMs < (report.oldestMs ?? 0) ? { kind: 'incomplete' } : { kind: 'missing' };
}

function mayGrow({ statusAtMs, state }: TaskStateView, startedAtMs: number): boolean {
  const { status } = state as { readonly status?: { readonly state?: unknown } };
  return statusAtMs >= startedAtMs || !endStates.has(status?.state);
}

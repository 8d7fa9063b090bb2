import { findJsonDifferences, type JsonDifference, type StateView } from '../../base/index.ts';
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

/** Compares a state of the live store with the one that was rebuilt, name by name and value by value. */
export function compareStates(
  live: StateView,
  rebuilt: StateView | undefined,
  report: Pick<RebuildReport, 'startedAtMs' | 'wholeSinceMs'> & { readonly incomplete: ReadonlySet<string> },
): Comparison {
  const differences = rebuilt === undefined ? [] : findJsonDifferences(live.state, rebuilt.state);
  if (rebuilt !== undefined && differences.length === 0) return { kind: 'equal' };
  const isOlder = live.beganAtMs < (report.wholeSinceMs[live.kind] ?? 0);
  if (isOlder || report.incomplete.has(live.id)) return { kind: 'incomplete' };
  if (live.version > (rebuilt?.version ?? 0) && mayGrow(live, report.startedAtMs)) return { kind: 'newer' };
  return rebuilt === undefined ? { kind: 'missing' } : { kind: 'different', differences };
}

function mayGrow({ changedAtMs, hasEnded }: StateView, startedAtMs: number): boolean {
  return changedAtMs >= startedAtMs || !hasEnded;
}

import type { Runtime } from '../runtime/index.ts';

/** How far the logs of deployments were cleared. */
export interface LogMarks {
  /** All lines that there are now are cleared. */
  set(id: string): void;
  /** The sequence behind which a reader may read who wants to go on behind `after`. */
  after(id: string, after: number): number;
}

/** Marks in the logs, which are kept in memory themselves. */
export function createLogMarks(runtime: Pick<Runtime, 'get' | 'logs'>): LogMarks {
  const marks = new Map<string, number>();
  const newest = (id: string): number => runtime.logs(id, 0, 1)[0]?.sequence ?? 0;
  return {
    set: (id) => marks.set(runtime.get(id).id, newest(id)),
    after(id, after) {
      if (marks.size === 0) return after;
      const { id: deploymentId } = runtime.get(id);
      const mark = marks.get(deploymentId) ?? 0;
      // The log of a deployment that was forgotten begins anew.
      if (mark > newest(id)) marks.delete(deploymentId);
      else return Math.max(mark, after);
      return after;
    },
  };
}

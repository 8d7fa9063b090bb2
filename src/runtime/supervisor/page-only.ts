import type { AgentExecutor } from '../../agents/index.ts';
import { ParleyError } from '../../base/index.ts';
import type { WorkerView } from '../deployments/model.ts';
import type { Workforce, WorkforceReport } from './workforce.ts';

/** The workforce of a package that has nothing but a page: there is no process, and it is ready at once. */
export function createPageOnly(deploymentId: string, report: WorkforceReport): Workforce {
  const views: readonly WorkerView[] = [];
  let open = false;
  const start = (): void => {
    open = true;
    report.ready([]);
  };
  const stop = async (): Promise<void> => {
    open = false;
  };
  return {
    executor: refuseCalls(deploymentId),
    get capacity() {
      return open ? 1 : 0;
    },
    views,
    start,
    restart: async () => start(),
    resize: () => {},
    takeRequest: () => undefined,
    stop,
    kill: stop,
  };
}

/** It has no skills, so nobody comes here who has looked; whoever does learns it at once instead of waiting. */
function refuseCalls(deploymentId: string): AgentExecutor {
  return {
    execute() {
      throw new ParleyError('SKILL_NOT_FOUND', `Deployment ${deploymentId} has a page and no skills.`);
    },
  };
}

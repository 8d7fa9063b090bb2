import type { AgentExecutor } from '../../agents/index.ts';
import type { Workforce, WorkforceReport } from './workforce.ts';

export interface MixedWorkforceOptions {
  /** Both are made with the report that they get here. */
  readonly createHost: (report: WorkforceReport) => Workforce;
  readonly createPrograms: (report: WorkforceReport) => Workforce;
  readonly report: WorkforceReport;
}

/** A program for each call, and a host beside it for what the program does not do: what the host names goes to it. */
export function createMixedWorkforce(options: MixedWorkforceOptions): Workforce {
  const merged = mergeReports(options.report);
  const host = options.createHost(merged.host);
  const programs = options.createPrograms(merged.programs);
  const both = [host, programs] as const;
  return {
    executor: createExecutor({ host, programs, isOfHost: merged.isOfHost }),
    get capacity() {
      return merged.ready() ? Math.min(host.capacity, programs.capacity) : 0;
    },
    get views() {
      return both.flatMap(({ views }) => views);
    },
    start: () => {
      for (const each of both) each.start();
    },
    restart: async () => void (await Promise.all(both.map((each) => each.restart()))),
    resize: (replicas) => {
      for (const each of both) each.resize(replicas);
    },
    get grpc() {
      return host.grpc;
    },
    takeRequest: (kind) => host.takeRequest(kind),
    stop: async (pace) => void (await Promise.all(both.map((each) => each.stop(pace)))),
    kill: async (reason) => void (await Promise.all(both.map((each) => each.kill(reason)))),
  };
}

interface Merged {
  readonly host: WorkforceReport;
  readonly programs: WorkforceReport;
  readonly isOfHost: (skill: string) => boolean;
  readonly ready: () => boolean;
}

/** It is ready when both are, and lost or failed when one is. */
function mergeReports(report: WorkforceReport): Merged {
  const skills: { host?: readonly string[]; programs?: readonly string[] } = {};
  const ready = (): boolean => skills.host !== undefined && skills.programs !== undefined;
  const create = (own: 'host' | 'programs'): WorkforceReport => ({
    ...report,
    ready: (ids) => {
      skills[own] = ids;
      if (ready()) report.ready([...new Set([...(skills.host ?? []), ...(skills.programs ?? [])])]);
    },
    lost: (message) => {
      delete skills[own];
      report.lost(message);
    },
  });
  const isOfHost = (skill: string): boolean => skills.host?.includes(skill) === true;
  return { host: create('host'), programs: create('programs'), isOfHost, ready };
}

interface Parts {
  readonly host: Workforce;
  readonly programs: Workforce;
  readonly isOfHost: (skill: string) => boolean;
}

function createExecutor({ host, programs, isOfHost }: Parts): AgentExecutor {
  return {
    execute(invocation) {
      const { skill } = invocation;
      const chosen = skill !== undefined && isOfHost(skill) ? host : programs;
      return chosen.executor.execute(invocation);
    },
  };
}

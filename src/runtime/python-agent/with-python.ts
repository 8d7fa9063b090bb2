import type { Workforce } from '../supervisor/workforce.ts';
import type { DeploymentSessions } from './deployment-sessions.ts';

export interface AttachedSessions {
  readonly sessions: DeploymentSessions;
  /** Called when the sessions have ended. */
  readonly ended: () => Promise<void>;
}

/** The workforce with Python sessions, which go on until the last of its workers has ended: their calls may need them. */
export function withPython(workforce: Workforce, { sessions, ended }: AttachedSessions): Workforce {
  const end = async (reason: string): Promise<void> => {
    await sessions.stop(reason);
    await ended();
  };
  return {
    python: sessions,
    get executor() {
      return workforce.executor;
    },
    get capacity() {
      return workforce.capacity;
    },
    get views() {
      return workforce.views;
    },
    start: () => workforce.start(),
    restart: () => workforce.restart(),
    resize: (replicas) => workforce.resize(replicas),
    get grpc() {
      return workforce.grpc;
    },
    takeRequest: (kind) => workforce.takeRequest(kind),
    stop: async (pace) => {
      await workforce.stop(pace);
      await end('the deployment has ended');
    },
    kill: async (reason) => void (await Promise.all([workforce.kill(reason), end(reason)])),
  };
}

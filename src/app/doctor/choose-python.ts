import { canSetUsers, findReachable } from '../../runtime/index.ts';
import type { NodeConfig } from '../config.ts';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The Python that a node would run packages by. */
export function choosePython({ workers }: NodeConfig, environment: Environment): string {
  const { python, uids } = workers;
  return uids.mode === 'off' || !canSetUsers() ? python : findReachable(python, environment['PATH'] ?? '', uids);
}

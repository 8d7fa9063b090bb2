import { type Logger, systemClock } from '../base/index.ts';
import { DeployWebhooks } from '../control/index.ts';
import type { RuntimeHandle } from '../runtime/index.ts';
import type { Sealer } from '../security/index.ts';
import type { Store } from '../store/index.ts';
import type { TaskServiceOptions } from '../tasks/index.ts';

export interface DeployWebhookParts {
  readonly runtime: RuntimeHandle;
  readonly store: Store;
  readonly sealer: Sealer;
  /** The way out to webhooks, as the task service has it. */
  readonly push: TaskServiceOptions['push'];
  readonly logger: Logger;
}

/** The webhooks of deploy calls, which go out as those of tasks do. */
export function createDeployWebhooks({ runtime: handle, push, ...parts }: DeployWebhookParts): DeployWebhooks {
  const { runtime, changes } = handle;
  const { transport, retry, timeoutMs } = push;
  return new DeployWebhooks({ ...parts, runtime, changes, transport, retry, timeoutMs, clock: systemClock });
}

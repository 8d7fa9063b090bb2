import { ParleyError } from '../../base/index.ts';

/** WORKER_PROTOCOL: `what` finishes the sentence "The worker broke the worker protocol: …". */
export function workerProtocolError(what: string, cause?: unknown): ParleyError {
  return new ParleyError(
    'WORKER_PROTOCOL',
    `The worker broke the worker protocol: ${what}. Its connection is of no more use; restart it and check its host against docs/worker-protocol.md.`,
    { cause },
  );
}

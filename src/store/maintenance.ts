import { type Clock, hasCode, type Logger, ParleyError } from '../base/index.ts';

export interface MaintenanceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Does one small batch; true when more is waiting. */
  readonly runBatch: () => Promise<boolean>;
}

const intervalMs = 1_000;

/** Runs small batches in the background, once a second and for as long as there is more; returns what stops it. */
export function startMaintenance({ clock, logger, runBatch }: MaintenanceOptions): () => void {
  let stopped = false;
  let cancel = clock.schedule(intervalMs, round);

  function round(): void {
    runBatches().then(plan, (thrown: unknown) => {
      if (!hasCode(thrown, 'STORE_CLOSED')) report(thrown);
      plan();
    });
  }

  async function runBatches(): Promise<void> {
    while (!stopped && (await runBatch()));
  }

  function plan(): void {
    if (!stopped) cancel = clock.schedule(intervalMs, round);
  }

  function report(thrown: unknown): void {
    const { code, message } = ParleyError.from(thrown);
    logger.warn('Expired documents could not be removed; the next try is in a second.', { code, reason: message });
  }

  return () => {
    stopped = true;
    cancel();
  };
}

import type { Logger } from '../base/index.ts';
import type { StorageSlot } from './storage-slot.ts';

/** A store that is away for so long while the node stops is not waited for. */
const patienceMs = 5_000;
const lookMs = 250;

export interface HurryOptions {
  readonly signal: AbortSignal;
  readonly storage: Pick<StorageSlot, 'status' | 'close'>;
  readonly logger: Logger;
}

/**
 * The signal by which a node stops: it aborts with the one that is given, and when the store is away for a moment. Then the store is
 * closed, so that what waits for it ends; whatever it has acknowledged is taken up with the next start. `end` ends looking.
 */
export function hurryWithoutStore({ signal, storage, logger }: HurryOptions): {
  readonly signal: AbortSignal;
  end(): void;
} {
  const hurry = new AbortController();
  let awayMs = 0;
  const timer = setInterval(() => {
    awayMs = storage.status()?.state === 'connecting' ? awayMs + lookMs : 0;
    if (awayMs < patienceMs) return;
    clearInterval(timer);
    logger.warn(
      'the store is away, and the node stops without it; what it has acknowledged goes on with the next start',
    );
    hurry.abort();
    void storage.close().catch(() => {});
  }, lookMs);
  return { signal: AbortSignal.any([signal, hurry.signal]), end: () => clearInterval(timer) };
}

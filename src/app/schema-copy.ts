import { hasCode, type Logger, ParleyError, sleep, systemClock, withTimeout } from '../base/index.ts';
import type { Log } from '../log/index.ts';
import type { SchemaStorage } from '../log/schema/index.ts';

/** Where the copy goes. */
export interface SchemaCopyTarget {
  /** Opened with the first schema. */
  readonly log: () => Promise<Log>;
  readonly logger: Logger;
}

/** A storage of schemas whose contents are copied to the log's `_schemas`, in the background, and come from there when it is empty. */
export interface SchemaCopy {
  readonly storage: SchemaStorage;
  /** Takes from the topic what the storage is to begin with, when it has nothing. UNAVAILABLE when the log cannot be asked. */
  restore(): Promise<void>;
  /** There may be something to copy. */
  nudge(): void;
  /** Copies nothing more. */
  close(): Promise<void>;
}

const retryMs = 5_000;
const closeTimeoutMs = 2_000;

/** Copies until the topic has all; what fails is tried again. */
export function createSchemaCopy(kept: SchemaStorage, { log, logger }: SchemaCopyTarget): SchemaCopy {
  const stopped = new AbortController();
  let isWanted = false;
  let running: Promise<void> | undefined;
  const copyOnce = async (): Promise<void> => {
    const { copySchemasToTopic } = await import('../log/schema/index.ts');
    await copySchemasToTopic(kept, await log());
  };
  const run = async (): Promise<void> => {
    while (isWanted && !stopped.signal.aborted) {
      isWanted = false;
      try {
        await copyOnce();
      } catch (thrown) {
        warn(logger, thrown);
        // Another registry's topic stays another registry's.
        if (hasCode(thrown, 'CONFLICT')) return;
        isWanted = true;
        await sleep(systemClock, retryMs, stopped.signal).catch(() => {});
      }
    }
  };
  const nudge = (): void => {
    isWanted = true;
    running ??= run().finally(() => {
      running = undefined;
    });
  };
  return {
    nudge,
    storage: {
      read: (after) => kept.read(after),
      async append(after, records) {
        await kept.append(after, records);
        nudge();
      },
    },
    async restore() {
      if ((await kept.read(0)).length > 0) return;
      const { restoreSchemasFromTopic } = await import('../log/schema/index.ts');
      await restoreSchemasFromTopic(kept, await log()).catch((thrown: unknown) => {
        if (!hasCode(thrown, 'CONFLICT') && !hasCode(thrown, 'VERSION_CONFLICT')) throw thrown;
      });
    },
    async close() {
      stopped.abort();
      // What does not answer is not waited for long: the copy goes on with the next start.
      if (running) await withTimeout(systemClock, running, closeTimeoutMs);
    },
  };
}

function warn(logger: Logger, thrown: unknown): void {
  const { code, message } = ParleyError.from(thrown);
  logger.warn('Schemas could not be copied to the log.', { code, reason: message });
}

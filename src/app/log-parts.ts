import { type Component, type Logger, systemClock, type Telemetry } from '../base/index.ts';
import type { Log } from '../log/index.ts';
import { createRecordGroups, type RecordGroups } from '../resilience/index.ts';
import type { Store } from '../store/index.ts';
import { createRelay, PartyKeys } from '../tasks/index.ts';
import type { NodeConfig } from './config.ts';
import type { DataFolder } from './data-folder.ts';
import { openLog } from './open-log.ts';

/** What a node has of the message log: nothing is loaded, opened or connected to before somebody asks, or the relay runs. */
export interface LogParts {
  readonly open: () => Promise<Log>;
  /** Groups of consumers on it, with dead letters for what they cannot handle. */
  readonly groups: RecordGroups;
  /** The relay from the journals of tasks, when it is wanted. */
  readonly components: readonly Component[];
  /** The keys of those whose tasks are in the log. */
  readonly parties: PartyKeys;
  close(): Promise<void>;
}

export interface LogPartsOptions {
  readonly config: NodeConfig;
  readonly folder: Pick<DataFolder, 'logFile'>;
  readonly store: Store;
  /** The fabric's secret. */
  readonly key: string;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** The log as it is configured: at an address, in the store's Redis, or in a file of the data folder. */
export function createLogParts(options: LogPartsOptions): LogParts {
  const { config, store, logger, telemetry } = options;
  let opened: Promise<Log> | undefined;
  const open = (): Promise<Log> => {
    opened ??= openLog(options);
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  const parties = new PartyKeys({ log: open, key: options.key, clock: systemClock });
  const parts = { store, log: open, clock: systemClock, logger, telemetry };
  const relay = { holder: soleHolder(config), parties: config.log.sealed ? parties : undefined };
  return {
    open,
    parties,
    groups: createRecordGroups({ ...parts, rule: config.resilience.deadLetters }),
    components: config.log.relay ? [createRelay({ ...parts, ...relay })] : [],
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

/** The lock on the data folder keeps a second node away from a store that is a file. */
function soleHolder({ store }: NodeConfig): string | undefined {
  return store.url === undefined ? 'the only node' : undefined;
}

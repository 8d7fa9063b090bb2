import { type StateView, silentLogger } from '../../base/index.ts';
import { readNegotiationState } from '../../market/replay/index.ts';
import type { Store } from '../../store/index.ts';
import { openSqliteStore } from '../../store/sqlite/index.ts';
import { readTaskState } from '../../tasks/index.ts';
import { type ConfigSources, resolveConfig } from '../config.ts';
import { openDataFolder } from '../data-folder.ts';
import { storeSchema } from '../store-schema.ts';
import { type Comparison, compareStates } from './compare-states.ts';
import { readReport } from './rebuild-report.ts';

export interface VerifyOptions {
  readonly sources: ConfigSources;
  /** What `runRebuild` has filled. */
  readonly folder: string;
  /** All states of the live store. */
  readonly live: AsyncIterable<StateView>;
  readonly onProgress: (compared: number) => void;
}

/** How many there are of each kind, and what is wrong. */
export interface Verification {
  readonly equal: number;
  /** Changed in the live store since the log was read: rebuild again to compare them. */
  readonly newer: number;
  /** Only in part in the log: retention, or content that was too large for it. */
  readonly incomplete: number;
  readonly missing: readonly string[];
  readonly different: readonly DifferentState[];
}

export interface DifferentState extends Extract<Comparison, { kind: 'different' }> {
  readonly id: string;
}

function readRebuilt(store: Store, { kind, id }: StateView): Promise<StateView | undefined> {
  return kind === 'task' ? readTaskState(store, id) : readNegotiationState(store, id);
}

/** Compares what was rebuilt from the log with the live state. NOT_FOUND when nothing was rebuilt there. */
export async function runVerify({ sources, folder: path, live, onProgress }: VerifyOptions): Promise<Verification> {
  const report = await readReport(path);
  const known = { ...report, incomplete: new Set(report.incomplete.map(({ taskId }) => taskId)) };
  const folder = await openDataFolder(path);
  const schema = storeSchema(resolveConfig(sources));
  const store = await openSqliteStore({ file: folder.storeFile, schema, logger: silentLogger });
  const counts = { equal: 0, newer: 0, incomplete: 0 };
  const missing: string[] = [];
  const different: DifferentState[] = [];
  try {
    let compared = 0;
    for await (const view of live) {
      const comparison = compareStates(view, await readRebuilt(store, view), known);
      if (comparison.kind === 'missing') missing.push(view.id);
      else if (comparison.kind === 'different') different.push({ id: view.id, ...comparison });
      else counts[comparison.kind]++;
      onProgress(++compared);
    }
    return { ...counts, missing, different };
  } finally {
    await store.close();
    await folder.release();
  }
}

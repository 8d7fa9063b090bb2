import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError, ParleyError, type StateView } from '../../base/index.ts';
import type { RebuiltNegotiations } from '../../market/replay/index.ts';
import type { IncompleteTask } from '../../tasks/index.ts';

/** What a rebuild has found in the log; it lies beside the store that was rebuilt. */
export interface RebuildReport {
  readonly startedAtMs: number;
  /** The log has all records from then on; undefined: it has all there ever were. Ms since the epoch. */
  readonly wholeSinceMs: Readonly<Record<StateView['kind'], number | undefined>>;
  readonly tasks: number;
  readonly ended: number;
  readonly events: number;
  readonly incomplete: readonly IncompleteTask[];
  readonly market: RebuiltNegotiations;
}

const fileName = 'rebuild.json';

/** Writes the report into the folder. */
export async function writeReport(folder: string, report: RebuildReport): Promise<void> {
  await writeFile(join(folder, fileName), `${JSON.stringify(report)}\n`, { mode: 0o600 });
}

/** The report of the folder. NOT_FOUND when nothing was rebuilt there. */
export async function readReport(folder: string): Promise<RebuildReport> {
  try {
    return JSON.parse(await readFile(join(folder, fileName), 'utf8')) as RebuildReport;
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT')) throw cause;
    const message = `Nothing was rebuilt in ${folder}. Do it with "parley log rebuild --into ${folder}".`;
    throw new ParleyError('NOT_FOUND', message, { cause });
  }
}

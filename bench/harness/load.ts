import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadPlan, LoadResult } from '../load/load-plan.ts';

const program = fileURLToPath(new URL('../load/main.ts', import.meta.url));
const run = promisify(execFile);

/** Runs the load generator in its own process. Throws when an answer was wrong: a figure with errors in it is none. */
export async function putLoad(plan: LoadPlan): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [program, JSON.stringify(plan)]);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.errors > 0)
    throw new Error(`${result.errors} wrong answers from ${plan.url}, the first: ${result.firstError}`);
  return result;
}

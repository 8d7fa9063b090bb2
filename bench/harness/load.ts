import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GrpcPlan } from '../load/grpc-plan.ts';
import type { LoadPlan, LoadResult } from '../load/load-plan.ts';

const program = fileURLToPath(new URL('../load/main.ts', import.meta.url));
const grpcProgram = fileURLToPath(new URL('../load/grpc-main.ts', import.meta.url));
const run = promisify(execFile);

/** Runs the load generator in its own process. Throws when an answer was wrong: a figure with errors in it is none. */
export function putLoad(plan: LoadPlan): Promise<LoadResult> {
  return runPlan(program, plan, plan.url);
}

/** The same with calls of gRPC. */
export function putGrpcLoad(plan: GrpcPlan): Promise<LoadResult> {
  return runPlan(grpcProgram, plan, plan.address);
}

async function runPlan(file: string, plan: LoadPlan | GrpcPlan, where: string): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [file, JSON.stringify(plan)]);
  const result = JSON.parse(stdout) as LoadResult;
  if (result.errors > 0)
    throw new Error(`${result.errors} wrong answers from ${where}, the first: ${result.firstError}`);
  return result;
}

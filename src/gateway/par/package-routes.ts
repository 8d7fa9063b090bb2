import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { ParleyError } from '../../base/index.ts';
import type { PackageSource } from '../../control/index.ts';
import { parWire } from '../edge/wire.ts';
import { bringUp } from './bring-up.ts';
import { ok, type ParAnswer, type ParRequest, type ParRoute } from './par-route.ts';
import { parseBody } from './parse-body.ts';
import { withRuntimePrefix } from './runtime-prefix.ts';

/** Packages that are run at once, without a deploy call. */
export function createPackageRoutes(): readonly ParRoute[] {
  return withRuntimePrefix([
    { method: 'POST', path: '/packages/load', access: 'operator', wire: parWire, handle: load },
    { method: 'POST', path: '/packages/upload', access: 'operator', wire: parWire, takesForm: true, handle: upload },
  ]);
}

const loadSchema = z.object({
  path: z.string().min(1).max(4_096).refine(isAbsolute, "must be an absolute path on the node's machine"),
});

async function load(request: ParRequest): Promise<ParAnswer> {
  const { path } = parseBody(loadSchema, request.body);
  return run(request, await findLocalSource(path));
}

async function upload(request: ParRequest): Promise<ParAnswer> {
  const { sha256 } = await request.control.packages.upload(request.upload());
  return run(request, { kind: 'upload', sha256 });
}

/** Answers when the agent takes calls: who loads a package calls it next. */
async function run(request: ParRequest, source: PackageSource): Promise<ParAnswer> {
  const { agentId, packageId } = await bringUp(request, { source, inherit: true });
  return ok({ status: 'success', package_id: packageId ?? '', agents: [agentId] });
}

/** A package's folder or file at that path. NOT_FOUND. */
export async function findLocalSource(path: string): Promise<PackageSource> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { kind: 'folder', path };
  if (found?.isFile()) return { kind: 'file', path };
  throw new ParleyError('NOT_FOUND', `There is no package at ${path}.`);
}

import { ParleyError } from '../../base/index.ts';
import type { Control, PackageSource } from '../../control/index.ts';
import { parWire } from '../edge/wire.ts';
import { deployBodySchema, type ObjectReference, type ParDeploy } from './deploy-body.ts';
import { createDeployBook, type DeployBook } from './deploy-book.ts';
import { describeDeployment } from './deployment-health.ts';
import { invokeDeployment } from './invoke-deployment.ts';
import { ok, type ParAnswer, type ParRequest, type ParRoute } from './par-route.ts';
import { parseBody } from './parse-body.ts';
import { withRuntimePrefix } from './runtime-prefix.ts';

/** The deploy API. */
export function createDeployRoutes(): readonly ParRoute[] {
  const book = createDeployBook();
  return withRuntimePrefix([
    {
      ...{ method: 'POST', path: '/deploy', access: 'operator', wire: parWire },
      handle: (request) => deploy(request, book),
    },
    {
      ...{ method: 'GET', path: '/deployments/:id/health', access: 'anybody', wire: parWire },
      handle: ({ control, place }) => ok(describeDeployment(control, place('id'))),
    },
    {
      ...{ method: 'POST', path: '/deployments/:id/invoke', access: 'operator', wire: parWire },
      handle: invokeDeployment,
    },
  ]);
}

async function deploy({ control, body, idempotencyKey }: ParRequest, book: DeployBook): Promise<ParAnswer> {
  const asked = parseBody(deployBodySchema, body);
  const { deploymentId } = asked;
  requireKey(idempotencyKey, deploymentId);
  await book.once({ control, deploymentId, body }, () => start(control, asked));
  return { status: 202, body: { status: 'accepted', deploymentId } };
}

async function start(control: Control, { source: place, request, refresh, webhook }: ParDeploy): Promise<void> {
  const source = await locate(place, (object) => control.packages.locateObject(object));
  if (refresh && source.kind === 'url') await control.packages.forget(source.url);
  await control.deployments.deploy({ ...request, source }, webhook);
}

function locate(
  source: ParDeploy['source'],
  locateObject: (object: ObjectReference) => Promise<PackageSource>,
): Promise<PackageSource> | PackageSource {
  return 'bucket' in source ? locateObject(source) : source;
}

function requireKey(key: string | undefined, deploymentId: string): void {
  if (key === deploymentId) return;
  const problem =
    key === undefined ? 'The header Idempotency-Key is missing' : 'The header Idempotency-Key is another id';
  throw new ParleyError('INVALID_REQUEST', `${problem}; send the deploymentId in it.`);
}

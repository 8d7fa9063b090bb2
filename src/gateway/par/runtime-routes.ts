import { type Clock, formatTimestamp, type JsonObject } from '../../base/index.ts';
import type { Control } from '../../control/index.ts';
import { parWire } from '../edge/wire.ts';
import { ok, type ParAnswer, type ParRequest, type ParRoute } from './par-route.ts';

export interface RuntimeRouteOptions {
  readonly clock: Clock;
  /** The product's. */
  readonly version: string;
}

/** The node itself, as PAR's operators see and steer it. */
export function createRuntimeRoutes({ clock, version }: RuntimeRouteOptions): readonly ParRoute[] {
  const wire = parWire;
  return [
    {
      ...{ method: 'GET', path: '/runtime/health', access: 'anybody', wire },
      handle: () => ok({ status: 'healthy', version, timestamp: formatTimestamp(clock.now()) }),
    },
    { method: 'GET', path: '/runtime/info', access: 'operator', wire, handle: describeRuntime },
    { method: 'GET', path: '/runtime/packages', access: 'operator', wire, handle: listPackages },
    { method: 'POST', path: '/runtime/reload', access: 'operator', wire, handle: reload },
    { method: 'POST', path: '/runtime/agents/:agent/enable', access: 'operator', wire, handle: enable },
    { method: 'POST', path: '/runtime/shutdown', access: 'operator', wire, handle: shutdown },
  ];
}

async function describeRuntime({ control }: ParRequest): Promise<ParAnswer> {
  const { version, startedAtMs, phase, agents } = control.node.status();
  const packages = await control.packages.list();
  return ok({
    version,
    start_time: formatTimestamp(startedAtMs),
    packages_loaded: packages.filter(({ installed }) => installed).length,
    agents_mounted: agents.healthy,
    total_invocations: control.node.calls(),
    status: phase === 'ready' ? 'running' : phase,
  });
}

async function listPackages({ control }: ParRequest): Promise<ParAnswer> {
  const packages = await control.packages.list();
  const byDeployment = new Map(control.deployments.list().map(({ id, agentId }) => [id, agentId]));
  return ok({
    packages: packages.map(({ packageId, digest, installed, size, deployments }): JsonObject => {
      const agents = deployments.flatMap((id) => byDeployment.get(id) ?? []);
      return { package_id: packageId ?? null, sha256: digest, loaded: installed, size: size ?? null, agents };
    }),
  });
}

/** New workers for all that runs, without a call being lost, another try for what has failed, and a look at the registry of packages. */
async function reload({ control }: ParRequest): Promise<ParAnswer> {
  const running = control.deployments.list().filter(({ status }) => status === 'healthy' || status === 'failed');
  const reloaded: string[] = [];
  for (const { id } of running) {
    await control.deployments.restart(id);
    reloaded.push(id);
  }
  if (followsRegistry(control)) await control.packages.refresh();
  return ok({ status: 'success', reloaded });
}

function followsRegistry({ packages }: Control): boolean {
  try {
    packages.registry();
    return true;
  } catch {
    return false;
  }
}

async function enable({ control, place }: ParRequest): Promise<ParAnswer> {
  const views = await control.changes.enable(place('agent'));
  const [{ agentId = place('agent') } = {}] = views;
  return ok({ status: 'success', agent_id: agentId, deployments: views.map(({ id }) => id) });
}

function shutdown({ control }: ParRequest): ParAnswer {
  control.node.shutdown();
  return { status: 202, body: { status: 'accepted' } };
}

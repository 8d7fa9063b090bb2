import { formatTimestamp, type JsonObject, ParleyError } from '../../base/index.ts';
import type { Endpoint } from '../../registry/index.ts';
import { formatRoles } from './format-monitoring.ts';

/** What the node itself answers below a deployment: status and body. */
export interface Described {
  readonly status: number;
  readonly body: JsonObject;
}

/** How a deployment is, for `/health`, `/meta`, `/a2a/health` and `/ui/health`; undefined for any other path. */
export function describeSurfaces(path: string, { nowMs, ...asked }: DescribedDeployment): Described | undefined {
  return described.get(path)?.({ ...asked, timestamp: formatTimestamp(nowMs) });
}

/** Which deployment is asked about. */
interface DescribedDeployment {
  readonly endpoint: Endpoint;
  /** Those that it has in the market. */
  readonly roles: readonly string[];
  readonly nowMs: number;
}

interface Asked extends Omit<DescribedDeployment, 'nowMs'> {
  readonly timestamp: string;
}

type Describe = (asked: Asked) => Described;

const described: ReadonlyMap<string, Describe> = new Map([
  ['/health', describeHealth],
  ['/meta', describeMeta],
  ['/a2a/health', describeA2a],
  ['/ui/health', describeUi],
]);

function describeHealth({ endpoint, roles, timestamp }: Asked): Described {
  const ok = isReady(endpoint);
  return {
    status: ok ? 200 : 503,
    body: {
      ...{ ok, surfaces: listSurfaces(endpoint), timestamp },
      ...describeWorker(endpoint),
      ...formatRoles(roles),
    },
  };
}

/** What PAR's workers say of themselves. */
function describeWorker(endpoint: Endpoint): JsonObject {
  const { agentId, record, surfaces, status } = endpoint;
  const { http = null, grpc = null } = surfaces?.ports ?? {};
  return {
    ...{ status: isReady(endpoint) ? 'healthy' : 'starting', agent_id: agentId, port: http, grpc_port: grpc },
    ...{ grpc_enabled: grpc !== null, package: surfaces?.meta?.name ?? record.name, package_id: record.packageId },
    agent_status: status,
  };
}

function describeMeta({ endpoint }: Asked): Described {
  const { name, version, description } = endpoint.surfaces?.meta ?? endpoint.record;
  const { author = '', builtAtMs } = endpoint.surfaces?.meta ?? {};
  const build_time = builtAtMs === undefined ? null : formatTimestamp(builtAtMs);
  const surfaces = listSurfaces(endpoint);
  return { status: 200, body: { name, version, description, author, build_time, surfaces } };
}

function describeA2a({ endpoint, timestamp }: Asked): Described {
  const { a2a } = listSurfaces(endpoint);
  if (!a2a) throw absent(endpoint, 'A2A');
  const port = endpoint.surfaces?.ports?.grpc ?? null;
  return describeOne(endpoint, { service: 'a2a', port, timestamp });
}

function describeUi({ endpoint, timestamp }: Asked): Described {
  const { ui } = listSurfaces(endpoint);
  if (!ui) throw absent(endpoint, 'page');
  return describeOne(endpoint, { service: 'ui', timestamp });
}

function describeOne(endpoint: Endpoint, facts: JsonObject): Described {
  const ok = isReady(endpoint);
  return { status: ok ? 200 : 503, body: { ok, ...facts } };
}

function isReady({ status }: Endpoint): boolean {
  return status === 'healthy';
}

/** What is no package's, as the fabric's own agent, answers A2A. */
function listSurfaces({ surfaces }: Endpoint): { rest: boolean; a2a: boolean; ui: boolean } {
  if (!surfaces) return { rest: false, a2a: true, ui: false };
  return { rest: surfaces.rest !== undefined, a2a: surfaces.a2a, ui: surfaces.ui !== undefined };
}

function absent({ id }: Endpoint, what: string): ParleyError {
  return new ParleyError('NOT_FOUND', `${id} has no ${what}. GET /meta beside it lists what it has.`);
}

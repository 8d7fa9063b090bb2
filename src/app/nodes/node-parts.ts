import { type Component, type Logger, ParleyError, sleep, systemClock } from '../../base/index.ts';
import type { FabricNodeView } from '../../control/index.ts';
import { createFabricSource, type FabricSource, type Registry } from '../../registry/index.ts';
import { type ChainsInFlight, createCallTokens, createNodeCalls } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import { fenceOf, type NodeSeat, type TaskNodeDuties, type WebhookOrder } from '../../tasks/index.ts';
import type { NodesConfig } from '../nodes-config.ts';
import { createInnerDoor, type InnerDoor } from './inner-door.ts';
import { Membership, type NodeView } from './membership.ts';
import type { CalledNode, NodeClient } from './node-client.ts';
import { createNodeClient } from './node-client.ts';
import { createNodeExecutor } from './node-executor.ts';
import { openNodeIdentity } from './node-identity.ts';
import { InvocationService } from './serve-invocations.ts';
import { innerPaths } from './wire.ts';

export interface NodePartsOptions {
  readonly config: NodesConfig;
  readonly store: Store;
  /** The secret of the fabric. */
  readonly fabricKey: string;
  /** Where the node's id is kept. */
  readonly idFile: string;
  readonly registry: Registry;
  readonly chains: ChainsInFlight;
  /** Calls that may wait for one agent. */
  readonly maxWaiting: number;
  readonly about: { readonly url: () => string; readonly version: string; readonly startedAtMs: number };
  /** Endpoints that each node has for itself. */
  readonly except: readonly string[];
  readonly logger: Logger;
}

/** What makes a node one of several. */
export interface NodeParts {
  readonly id: string;
  readonly seat: NodeSeat;
  /** To be started before runtime and tasks, and stopped behind them. */
  readonly below: readonly Component[];
  /** As this node saw them at its last heartbeat. */
  nodes(): readonly FabricNodeView[];
  /** To be started behind runtime and tasks: work for other nodes, their commands and endpoints, and what dead ones leave. */
  above(tasks: TaskNodeDuties): readonly Component[];
}

/** The parts of a node that shares its store with others. */
export async function openNodeParts(options: NodePartsOptions): Promise<NodeParts> {
  const { config, store, fabricKey, registry, chains, logger } = options;
  const identity = await openNodeIdentity(options.idFile, config.id);
  const calls = createNodeCalls(fabricKey);
  const common = { selfId: identity.id, calls, clock: systemClock };
  const service = new InvocationService({
    ...{ registry, chains, clock: systemClock, maxWaiting: options.maxWaiting },
    callTokens: createCallTokens(fabricKey),
  });
  const door = createInnerDoor({ ...common, ...config.listen, handlers: service.handlers, logger });
  const client = createNodeClient(common);
  const order: NodeSeat['order'] = (nodeId, wanted) => orderFrom(client, membership, { nodeId, wanted });
  const membership: Membership = new Membership({
    ...{ store, identity, leaseMs: config.leaseMs, clock: systemClock, logger, order },
    describe: () => describe(options, door),
  });
  const source = createSource({ options, membership, client, address: () => describe(options, door).address });
  return {
    id: identity.id,
    seat: membership.seat,
    below: [toComponent(client), door, membership],
    nodes: () => membership.nodes.map(toView),
    above: (tasks) => [createDuties({ service, membership, tasks }), source],
  };
}

interface Order {
  readonly nodeId: string;
  readonly wanted: WebhookOrder;
}

async function orderFrom(client: NodeClient, membership: Membership, { nodeId, wanted }: Order): Promise<unknown> {
  const node = await membership.find(nodeId);
  const retryAfterMs = 1_000;
  if (!node) throw new ParleyError('UNAVAILABLE', `Node ${nodeId} is gone.`, { retryAfterMs });
  const response = await client.call(node, { path: innerPaths.order, body: JSON.stringify(wanted) });
  return response.json();
}

/** The other nodes see within so long that this one's endpoints are gone; until then their calls are refused, which is safe. */
const noticeMs = 2_000;

interface Duties {
  readonly service: InvocationService;
  readonly membership: Membership;
  readonly tasks: TaskNodeDuties;
}

function createDuties({ service, membership, tasks }: Duties): Component {
  return {
    name: 'work for other nodes',
    async start() {
      service.admit(tasks);
      membership.serve(tasks);
    },
    async stop(signal) {
      const noticed = sleep(systemClock, noticeMs, signal).catch(() => {});
      await Promise.all([service.stop(signal), noticed]);
    },
  };
}

interface SourceParts {
  readonly options: NodePartsOptions;
  readonly membership: Membership;
  readonly client: NodeClient;
  /** Known once the node listens. */
  readonly address: () => string;
}

function createSource({ options, membership, client, address }: SourceParts): FabricSource {
  const { config, store, registry, except, logger } = options;
  const find = (nodeId: string): CalledNode | undefined =>
    membership.nodes.find(({ id, state }) => id === nodeId && state !== 'left');
  return createFabricSource({
    ...{ store, registry, except, leaseMs: config.leaseMs, clock: systemClock, logger },
    node: {
      id: membership.id,
      ...(config.zone !== '' && { zone: config.zone }),
      get address() {
        return address();
      },
    },
    fence: () => fenceOf(membership.seat.life()),
    createNodeExecutor: (node, { id: endpointId }) =>
      createNodeExecutor(client, {
        endpointId,
        node: () => find(node.id) ?? node,
        onLost: (nodeId) => passOver(registry, nodeId),
      }),
  });
}

/** Until it is looked for again, a node that was lost gets no further calls: without work it would seem the best choice. */
function passOver(registry: Registry, nodeId: string): void {
  const reason = `node ${nodeId} cannot be reached now`;
  for (const endpoint of registry.endpoints()) {
    if (endpoint.node === nodeId && endpoint.status === 'healthy') {
      registry.announce({ ...endpoint, status: 'starting', reason });
    }
  }
}

function toComponent(client: NodeClient): Component {
  return { name: 'connections to other nodes', start: async () => {}, stop: () => client.close() };
}

function describe({ config, about }: NodePartsOptions, door: InnerDoor): ReturnType<DescribeNode> {
  const { host } = config.listen;
  const named = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const address = config.address ?? `${named}:${door.port}`;
  if (/^(0\.0\.0\.0|\[::\]):/.test(address)) {
    throw new ParleyError(
      'CONFIG_INVALID',
      `Other nodes cannot call ${address}; set node.address to a host they know.`,
    );
  }
  const { version, startedAtMs } = about;
  return { address, url: about.url(), zone: config.zone, version, startedAtMs };
}

type DescribeNode = ConstructorParameters<typeof Membership>[0]['describe'];

/** A node as operators see it. */
function toView({ epoch: _epoch, beat: _beat, left: _left, ...view }: NodeView): FabricNodeView {
  return view;
}

import type { Logger } from '../../base/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { ChainsInFlight } from '../../security/index.ts';
import { createScopedStore, type Store } from '../../store/index.ts';
import type { NodeConfig } from '../config.ts';
import { requireFabricKey, resolveFabricKey } from './fabric-key.ts';
import type { NodeParts, NodePartsOptions } from './node-parts.ts';

export interface JoinOptions extends Pick<NodePartsOptions, 'idFile' | 'about' | 'except'> {
  readonly config: NodeConfig;
  readonly store: Store;
  /** The key of the data folder. */
  readonly nodeKey: string;
  readonly registry: Registry;
  readonly chains: ChainsInFlight;
  readonly logger: Logger;
}

/** A node's place in its fabric. */
export interface Joined {
  /** From which all keys are made that others of the fabric must have, too. */
  readonly nodeKey: string;
  /** Undefined: the store is this node's alone. */
  readonly nodes: NodeParts | undefined;
  /** For what belongs to this node and to no other, such as its deployments. */
  readonly ownStore: Store;
}

/** Joins the nodes that use the store in Redis; with a store of its own the node is alone, and nothing is done. */
export async function joinFabric(options: JoinOptions): Promise<Joined> {
  const { config, store, nodeKey, ...parts } = options;
  if (config.store.url === undefined) return { nodeKey, nodes: undefined, ownStore: store };
  const fabricKey = await resolveFabricKey(config.fabric, nodeKey);
  await requireFabricKey(store, fabricKey);
  const maxWaiting = config.tasks.maxQueued;
  // A node that is alone does without it.
  const { openNodeParts } = await import('./node-parts.ts');
  const nodes = await openNodeParts({ ...parts, store, config: config.node, fabricKey, maxWaiting });
  return { nodeKey: fabricKey, nodes, ownStore: createScopedStore(store, nodes.id) };
}

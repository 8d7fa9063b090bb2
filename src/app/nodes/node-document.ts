import type { CollectionSchema, DocumentChange, Store } from '../../store/index.ts';

/** Collection of the nodes that share the store; each writes its own document with every heartbeat. */
export const nodeCollection = 'nodes';

/** How the collection is declared to the store. */
export const nodeCollectionSchema: CollectionSchema = { indexes: ['all'] };

/** What a node says of itself. */
export interface NodeDocument {
  readonly id: string;
  /** `host:port` where the other nodes reach it. */
  readonly address: string;
  /** Where callers reach it. */
  readonly url: string;
  readonly zone: string;
  readonly version: string;
  readonly startedAtMs: number;
  /** Epoch of its lease. */
  readonly epoch: number;
  /** Goes up with every heartbeat; how long it stands still is measured by who looks, so that no two clocks are compared. */
  readonly beat: number;
  /** It has stopped in order: what it left may be taken at once. */
  readonly left: boolean;
}

/** So many nodes are more than share one store. */
const maxNodes = 1_000;

/** All nodes that the store knows, dead ones included. */
export async function listNodes(store: Store): Promise<readonly NodeDocument[]> {
  const page = await store.find({
    ...{ collection: nodeCollection, index: 'all', equals: '', order: 'ascending', limit: maxNodes },
  });
  return page.documents.map(({ value }) => JSON.parse(value) as NodeDocument);
}

/** The change that puts a node's document. */
export function putNode(node: NodeDocument): DocumentChange {
  const { id } = node;
  return { collection: nodeCollection, value: JSON.stringify(node), indexes: { all: { equals: '', sort: id } } };
}

import type { AgentRecord } from '../agents/index.ts';
import { isObject, type JsonValue } from '../base/index.ts';
import type { AgentStatus, Endpoint } from './port.ts';

/** A node of the fabric as the others see it. */
export interface FabricNode {
  readonly id: string;
  /** Where its front door is for other nodes: `http://10.0.0.7:8000`. */
  readonly address: string;
  readonly zone?: string | undefined;
}

/** What other nodes are told of one endpoint. */
export interface PublishedEndpoint {
  readonly id: string;
  readonly agentId: string;
  readonly record: AgentRecord;
  readonly capacity: number;
  readonly status: AgentStatus;
  readonly reason?: string;
  readonly weight?: number;
  readonly zone?: string;
}

/** What a node publishes with every beat: who it is, and which edition of its endpoints counts. */
export interface NodeHead {
  readonly node: FabricNode;
  readonly revision: string;
  /** Another one each time: a node whose beat stands still is silent. */
  readonly beat?: number;
}

/** The endpoints that a node runs itself, as the others are told of them, in a fixed order. */
export function selectPublished(
  endpoints: readonly Endpoint[],
  except: readonly string[],
): readonly PublishedEndpoint[] {
  return endpoints
    .filter(
      ({ id, node, source = 'deployment' }) => node === undefined && source === 'deployment' && !except.includes(id),
    )
    .map(({ id, agentId, record, capacity, status, reason, weight, zone }) => ({
      ...{ id, agentId, record, capacity, status },
      ...(reason !== undefined && { reason }),
      ...(weight !== undefined && { weight }),
      ...(zone !== undefined && { zone }),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A head as it was published; undefined for what is none, such as that of a version to come. */
export function parseHead(text: string): NodeHead | undefined {
  const json = JSON.parse(text) as JsonValue;
  if (!isObject(json) || !isObject(json['node']) || typeof json['revision'] !== 'string') return undefined;
  const { id, address } = json['node'];
  return typeof id === 'string' && typeof address === 'string' ? (json as unknown as NodeHead) : undefined;
}

/** The endpoints of an edition; undefined when it is not the one of that revision. */
export function parseEdition(text: string | undefined, revision: string): readonly PublishedEndpoint[] | undefined {
  const json = text === undefined ? undefined : (JSON.parse(text) as JsonValue);
  if (!isObject(json) || json['revision'] !== revision || !Array.isArray(json['endpoints'])) return undefined;
  return json['endpoints'] as unknown as readonly PublishedEndpoint[];
}

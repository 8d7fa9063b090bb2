import { hasCode, ParleyError } from '../base/index.ts';
import type { NewPushConfig } from '../protocol/index.ts';
import type { Fence } from '../store/index.ts';

/** One life of a node: its id, and the epoch of the lease that it held then. */
export interface NodeLife {
  readonly id: string;
  readonly epoch: number;
}

/** This node's place among the nodes that share a store. A node that is alone has none, and pays for none. */
export interface NodeSeat {
  readonly id: string;
  /** Who writes what this node writes now. UNAVAILABLE while it has lost its lease. */
  life(): NodeLife;
  /** Tells the node that writes the task's journal that there is a command in it; it may hear of one twice, never of none. */
  wake(nodeId: string, taskId: string): Promise<void>;
  /** Has another node do something with a webhook that it tells. UNAVAILABLE when it is not reached. */
  order(nodeId: string, order: WebhookOrder): Promise<unknown>;
  /** All nodes that may have tasks, this one and dead ones included. */
  nodeIds(): Promise<readonly string[]>;
}

/** A change of a webhook that another node tells, by a caller whose right to it has been seen to. */
export type WebhookOrder =
  | { readonly type: 'put'; readonly taskId: string; readonly config: NewPushConfig }
  | { readonly type: 'remove' | 'redrive'; readonly taskId: string; readonly id: string };

/** What the other nodes of a fabric have to do with this one's tasks. */
export interface TaskNodeDuties {
  /** Takes over all that a dead node has left; answers how many tasks. Throws when it must be tried again. */
  takeOver(nodeId: string): Promise<number>;
  /** Takes in what other nodes have put into a task's journal. */
  attend(taskId: string): Promise<void>;
  /** The open tasks that this node has. */
  taskIds(): readonly string[];
  /** This node has lost its lease: others may have its tasks. */
  abandonAll(reason: ParleyError): void;
  /** Does what another node orders about a webhook that this one tells. */
  obey(order: WebhookOrder): Promise<unknown>;
  /** Cancels what an invocation has started in other agents. */
  cancelStarted(invocationId: string, by: string): void;
}

/** The name of the lease that a node lives by. */
export function nodeLease(nodeId: string): string {
  return `node:${nodeId}`;
}

/** What fences a commit: it is refused once that life of the node is over. */
export function fenceOf({ id, epoch }: NodeLife): Fence {
  return { lease: nodeLease(id), epoch };
}

/** What a caller is told of a write that was refused because this node has lost its lease: it may try again. Anything else as it is. */
export function toRefusal(thrown: unknown): unknown {
  if (!hasCode(thrown, 'FENCED')) return thrown;
  const message = 'This node has lost its lease and takes no work until it has it again. Try again in a moment.';
  return new ParleyError('UNAVAILABLE', message, { cause: thrown, retryAfterMs: 1_000 });
}

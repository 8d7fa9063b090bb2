import type { AgentExecutor, ExecutionEvent, Invocation } from '../../agents/index.ts';
import { ParleyError } from '../../base/index.ts';
import type { CalledNode, NodeClient } from './node-client.ts';
import { readLines } from './read-lines.ts';
import {
  chainHeader,
  fromWireError,
  innerPaths,
  mapEvent,
  packParts,
  toWireError,
  unpackParts,
  type WireAnswer,
  type WireCancel,
  type WireInvocation,
  type WireLine,
} from './wire.ts';

/** An endpoint of another node; `address` may change while the node comes back, so it is looked up for each call. */
export interface RemoteEndpoint {
  readonly endpointId: string;
  /** Undefined while the node is gone. */
  readonly node: () => CalledNode | undefined;
  /** Told when the node was not reached or the connection to it was lost. */
  readonly onLost: (nodeId: string) => void;
}

/** A call that was cancelled has so long to end there. */
const cancelGraceMs = 10_000;

/**
 * Work on another node's worker, behind the port: one connection per invocation, on which the events come. This node has the
 * task; when the connection is lost, the other one stops the work, and here it is WORKER_LOST. UNAVAILABLE when the node takes
 * no work: the agent, whose other workers may go on, is not to blame.
 */
export function createNodeExecutor(client: NodeClient, endpoint: RemoteEndpoint): AgentExecutor {
  return { execute: (invocation) => execute(invocation, client, endpoint) };
}

async function* execute(
  invocation: Invocation,
  client: NodeClient,
  { endpointId, node: find, onLost }: RemoteEndpoint,
): AsyncGenerator<ExecutionEvent, void, undefined> {
  const node = find();
  if (!node) throw new ParleyError('UNAVAILABLE', `The node of ${endpointId} is gone.`, { retryAfterMs: 1_000 });
  invocation.signal.throwIfAborted();
  const ended = new AbortController();
  const stopCancelling = cancelThere(invocation, { client, node, ended });
  let told: ParleyError | undefined;
  try {
    const response = await client.call(node, {
      path: innerPaths.invoke,
      body: JSON.stringify(toWire(invocation, endpointId)),
      headers: { [chainHeader]: invocation.callToken },
      signal: ended.signal,
    });
    void sendAnswers(invocation, { client, node, ended });
    for await (const text of readLines(response.body)) {
      if (text === '') continue;
      const line = JSON.parse(text) as WireLine;
      if ('error' in line) {
        told = fromWireError(line.error);
        throw told;
      }
      yield mapEvent(line.event, unpackParts);
      if (isLast(line.event)) return;
    }
    throw new ParleyError('WORKER_LOST', `Node ${node.id} ended the call before the agent had.`);
  } catch (thrown) {
    if (invocation.signal.aborted) throw invocation.signal.reason;
    if (told) throw told;
    onLost(node.id);
    throw toLost(thrown, node);
  } finally {
    stopCancelling();
    ended.abort();
  }
}

interface Conversation {
  readonly client: NodeClient;
  readonly node: CalledNode;
  readonly ended: AbortController;
}

/** When the call is to stop, the other node is told so; when it does not end then, the connection is cut. */
function cancelThere({ id, signal }: Invocation, { client, node, ended }: Conversation): () => void {
  let timer: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    const told: WireCancel = { id, reason: toWireError(signal.reason) };
    timer = setTimeout(() => ended.abort(), cancelGraceMs);
    client.call(node, { path: innerPaths.cancel, body: JSON.stringify(told), signal: ended.signal }).then(
      (response) => response.discard(),
      () => ended.abort(),
    );
  };
  signal.addEventListener('abort', cancel, { once: true });
  return () => {
    signal.removeEventListener('abort', cancel);
    clearTimeout(timer);
  };
}

/** An answer that cannot be handed over breaks the call: the agent would wait for it for ever. */
async function sendAnswers({ id, answers }: Invocation, { client, node, ended }: Conversation): Promise<void> {
  try {
    for await (const message of answers) {
      if (ended.signal.aborted) return;
      const answer: WireAnswer = { id, message: { ...message, parts: packParts(message.parts) } };
      const body = JSON.stringify(answer);
      await (await client.call(node, { path: innerPaths.answer, body, signal: ended.signal })).discard();
    }
  } catch {
    ended.abort();
  }
}

function toWire(invocation: Invocation, endpointId: string): WireInvocation {
  const { id, agentId, skill, parts, task, deadlineAtMs, trace } = invocation;
  return { id, agentId, endpointId, skill, parts: packParts(parts), task, deadlineAtMs, trace };
}

function isLast({ kind }: ExecutionEvent): boolean {
  return kind === 'end' || kind === 'reply';
}

/** What comes from the agent stays; what the connection did means that nobody knows the outcome. */
function toLost(thrown: unknown, { id }: CalledNode): ParleyError {
  const error = ParleyError.from(thrown);
  const lost = ['UNREACHABLE', 'DEADLINE_EXCEEDED', 'CANCELED', 'INTERNAL'].includes(error.code);
  return lost ? new ParleyError('WORKER_LOST', `The connection to node ${id} was lost.`, { cause: thrown }) : error;
}

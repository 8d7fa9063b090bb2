import { createHash } from 'node:crypto';
import { hasCode, ParleyError } from '../base/index.ts';
import type { SendRequest } from '../protocol/index.ts';
import type { Store } from '../store/index.ts';

/** Collection of the keys that callers gave to sends. */
export const idempotencyCollection = 'idempotency';

const keptMs = 24 * 60 * 60 * 1000;

export interface Claim {
  /** Who sends: a key means nothing to anybody else. */
  readonly owner: string;
  readonly agentId: string;
  readonly key: string;
  readonly request: SendRequest;
  /** The task that the send is about to make. */
  readonly taskId: string;
  readonly nowMs: number;
}

interface ClaimDocument {
  readonly taskId: string;
  readonly digest: string;
}

/**
 * Binds the key to a task, once and durably. Answers the task id that the key stands for: `claim.taskId` when it is new, that
 * of the first send otherwise. IDEMPOTENCY_CONFLICT when the first send had another body. What `check` throws about a send
 * whose key is new comes out, and the key stays free for a better body.
 */
export async function claimKey(store: Store, claim: Claim, check: () => void): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([claim.owner, claim.agentId, claim.key]))
    .digest('hex');
  const document: ClaimDocument = { taskId: claim.taskId, digest: digestOf(claim.request) };
  const change = {
    collection: idempotencyCollection,
    value: JSON.stringify(document),
    expiresAtMs: claim.nowMs + keptMs,
  };
  const found = await store.get(idempotencyCollection, key);
  if (found) return matchClaim(JSON.parse(found.value) as ClaimDocument, document);
  check();
  try {
    await store.commit({ key, documents: [{ ...change, expect: 'absent' }] });
    return claim.taskId;
  } catch (thrown) {
    if (hasCode(thrown, 'VERSION_CONFLICT')) return claimKey(store, claim, check);
    throw thrown;
  }
}

function matchClaim(first: ClaimDocument, { digest }: ClaimDocument): string {
  if (first.digest === digest) return first.taskId;
  throw new ParleyError(
    'IDEMPOTENCY_CONFLICT',
    `The idempotency key was used before, with another body, for task ${first.taskId}. Use a new key.`,
    {
      details: { taskId: first.taskId },
    },
  );
}

function digestOf({ message, metadata }: SendRequest): string {
  const parts = message.parts.map((part) => ('raw' in part ? { ...part, raw: sha256(part.raw) } : part));
  return sha256(JSON.stringify([{ ...message, parts }, metadata ?? null]));
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

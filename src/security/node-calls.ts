import { createHash, randomBytes } from 'node:crypto';
import { ParleyError } from '../base/index.ts';
import { createTokenSigner } from './signed-token.ts';

/** A call from one node of the fabric to another. */
export interface NodeCall {
  readonly from: string;
  readonly to: string;
  readonly path: string;
  readonly body: string | Uint8Array;
  /** Ms since the epoch. */
  readonly nowMs: number;
}

/** A signed call: what goes with it, and what the answer must prove. */
export interface SignedNodeCall {
  readonly token: string;
  readonly nonce: string;
}

/** A call that was proved to come from a node of the fabric. */
export interface VerifiedNodeCall {
  readonly from: string;
  readonly nonce: string;
  /** What the difference of the clocks cannot be told from, the time that the call was on its way, is in it. */
  readonly aheadMs: number;
}

/** How the nodes of a fabric prove to each other that they have its key. */
export interface NodeCalls {
  sign(call: NodeCall): SignedNodeCall;
  /** Who calls, the nonce to answer, and by how much this node's clock is ahead of the caller's. Throws UNAUTHENTICATED for what no node of this fabric has sent to this one, now and once. */
  verify(token: string | undefined, call: Omit<NodeCall, 'from'>): VerifiedNodeCall;
  /** What the called node gives back, so that the caller knows whom it has reached. */
  signAnswer(nonce: string, nodeId: string): string;
  isAnswer(token: string | undefined, nonce: string, nodeId: string): boolean;
}

type Packed = [from: string, to: string, nonce: string, atMs: number, path: string, digest: string];

/** Clocks of two nodes may differ by so much; a nonce is remembered for longer. */
const toleranceMs = 60_000;
const maxNonces = 100_000;

/** Calls under the fabric's key; each is bound to both nodes, its path, its body and a minute. */
export function createNodeCalls(fabricKey: string): NodeCalls {
  const calls = createTokenSigner(fabricKey, 'pn1');
  const answers = createTokenSigner(fabricKey, 'pa1');
  const used = new Map<string, number>();
  return {
    sign({ from, to, path, body, nowMs }) {
      const nonce = randomBytes(18).toString('base64url');
      const packed: Packed = [from, to, nonce, nowMs, path, digestOf(body)];
      return { nonce, token: calls.sign(JSON.stringify(packed)) };
    },
    verify(token, { to, path, body, nowMs }) {
      const text = token === undefined ? undefined : calls.open(token);
      if (text === undefined) throw refused('it is not signed with the key of this fabric');
      const [from, named, nonce, atMs, signedPath, digest] = JSON.parse(text) as Packed;
      if (named !== to) throw refused(`it is for node ${named}, and this is ${to}`);
      if (signedPath !== path || digest !== digestOf(body)) throw refused('it was changed on its way');
      if (Math.abs(nowMs - atMs) > toleranceMs) throw refused('it is too old, or the clocks of the nodes differ');
      if (used.has(nonce)) throw refused('it came before');
      remember(used, nonce, nowMs);
      return { from, nonce, aheadMs: nowMs - atMs };
    },
    signAnswer: (nonce, nodeId) => answers.sign(JSON.stringify([nonce, nodeId])),
    isAnswer: (token, nonce, nodeId) => token !== undefined && answers.open(token) === JSON.stringify([nonce, nodeId]),
  };
}

/** A value by which two nodes see whether they have the same key; the key cannot be found from it. */
export function fingerprintKey(fabricKey: string): string {
  return createTokenSigner(fabricKey, 'pf1').sign('fabric').slice(-22);
}

function remember(used: Map<string, number>, nonce: string, nowMs: number): void {
  used.set(nonce, nowMs);
  for (const [old, atMs] of used) {
    if (nowMs - atMs <= 2 * toleranceMs && used.size <= maxNonces) break;
    used.delete(old);
  }
}

function digestOf(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('base64url');
}

function refused(reason: string): ParleyError {
  return new ParleyError('UNAUTHENTICATED', `The call of another node is refused: ${reason}.`);
}

/**
 * Bytes by their content. Guarantees: a blob whose `put` resolved is durable and never changes; putting the same bytes again
 * costs no second copy; a damaged blob is an error (STORE_DAMAGED), never wrong bytes.
 * Errors: NOT_FOUND, STORE_FULL, STORE_DAMAGED.
 */
export interface BlobStore {
  /** Keeps the bytes; the answer is their lower-case hex sha256. */
  put(bytes: Uint8Array): Promise<string>;
  get(sha256: string): Promise<Uint8Array>;
  /** Removes blobs that were last put before `beforeMs` and that `isUsed` denies. Returns how many went. */
  sweep(beforeMs: number, isUsed: (sha256: string) => Promise<boolean>): Promise<number>;
}

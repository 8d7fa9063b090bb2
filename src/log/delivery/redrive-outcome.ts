import type { ParleyError } from '../../base/index.ts';

/** What became of a record that was put aside and was to be handled after all. */
export type RedriveOutcome =
  | { readonly outcome: 'handled' }
  /** It failed for good once more, after so many tries. */
  | { readonly outcome: 'failed'; readonly error: ParleyError; readonly attempts: number }
  /** Its partition is not ours (any more), or it is being handled again already: nothing is known of it here. */
  | { readonly outcome: 'elsewhere' };

import { ParleyError } from '../base/index.ts';

/** The last document of a page: the next page begins behind it. */
export interface PageCursor {
  readonly sort: string;
  readonly key: string;
}

/** As callers carry it: opaque text, safe in a URL. */
export function formatCursor({ sort, key }: PageCursor): string {
  return Buffer.from(JSON.stringify([sort, key])).toString('base64url');
}

/** Throws INVALID_PARAMS for text that did not come from `formatCursor`. */
export function parseCursor(cursor: string): PageCursor {
  try {
    const [sort, key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as readonly unknown[];
    if (typeof sort === 'string' && typeof key === 'string') return { sort, key };
    throw new TypeError('Not a pair of texts.');
  } catch (cause) {
    throw new ParleyError('INVALID_PARAMS', 'The page cursor is not one of ours. Begin again without it.', { cause });
  }
}

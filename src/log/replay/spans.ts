import { ParleyError } from '../../base/index.ts';

/** What is left to be read of a partition: from `offset` up to before `end`. */
export interface Span {
  readonly partition: number;
  readonly offset: number;
  readonly end: number;
}

const pattern = /^\d{1,4}:\d{1,15}:\d{1,15}$/;

/** The spans as a text that a caller can hand back. */
export function formatSpans(spans: readonly Span[]): string {
  return spans.map(({ partition, offset, end }) => `${partition}:${offset}:${end}`).join(',');
}

/** INVALID_PARAMS for a text that is none. */
export function parseSpans(text: string): readonly Span[] {
  if (text === '') return [];
  return text.split(',').map((part) => {
    if (!pattern.test(part)) throw new ParleyError('INVALID_PARAMS', 'The cursor is not one that a replay gave out.');
    const [partition = 0, offset = 0, end = 0] = part.split(':').map(Number);
    return { partition, offset, end };
  });
}

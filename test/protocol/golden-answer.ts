import type { GoldenRequest } from './golden-request.ts';

/** What an official server answered to an official client's request. */
export interface GoldenAnswer {
  readonly request: GoldenRequest;
  readonly status: number;
  readonly contentType: string;
  /** As text: JSON, or the events of a stream. */
  readonly text: string;
}

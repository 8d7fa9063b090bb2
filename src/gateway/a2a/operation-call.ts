import type { Codec } from '../../protocol/index.ts';
import type { CallContext, Target, TaskService } from '../../tasks/index.ts';

/** The parameters as their binding has them: JSON, or a path and a query. */
export type OperationInput =
  | { readonly kind: 'json'; readonly params: unknown }
  | { readonly kind: 'query'; readonly id: string; readonly query: URLSearchParams };

/** One call of one operation, whatever binding it came by. */
export interface OperationCall {
  readonly tasks: TaskService;
  readonly codec: Codec;
  readonly target: Target;
  readonly context: CallContext;
  readonly input: OperationInput;
  /** Where a subscriber goes on. */
  readonly after: number | undefined;
  readonly signal: AbortSignal;
}

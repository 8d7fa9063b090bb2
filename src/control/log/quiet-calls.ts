import { silentTelemetry } from '../../base/index.ts';
import type { CallResilience } from '../../resilience/index.ts';
import { createInvokeControl, type InvokeControl, type InvokeOptions } from '../invoke/invoke-control.ts';

/** Passes every call, and takes note of none. */
const indifferent: CallResilience['breakers'] = {
  refusal: () => undefined,
  isProbing: () => false,
  enter: () => ({ turn: undefined }),
  leave: () => {},
};

/** Calls whose failures open no breaker, and which are no figure of the agent's: what is tried out is not what callers meet. */
export function createQuietCalls(options: InvokeOptions): InvokeControl {
  const { resilience } = options;
  return createInvokeControl({
    ...options,
    telemetry: silentTelemetry,
    resilience: { ...resilience, breakers: indifferent },
  });
}

import type { ResilienceSettings } from '../../agents/index.ts';
import { complain, type ManifestScope, readNumber, readScope } from './manifest-scope.ts';

const mostRetries = 100;
const mostFailures = 10_000;
const mostSeconds = 24 * 3600;

/** What `resilience` says of a package, or of one export: how its calls stand failures. Undefined: nothing. */
export function readResilience(scope: ManifestScope): ResilienceSettings | undefined {
  const inner = readScope(scope, 'resilience');
  if (inner === undefined) return undefined;
  const maxRetries = readCount(inner, 'retries', mostRetries);
  const breakerFailures = readCount(inner, 'breaker_failures', mostFailures);
  const hedgeAfterMs = readSeconds(inner, 'hedge_after_seconds');
  const breakerOpenMs = readSeconds(inner, 'breaker_open_seconds');
  return {
    ...(maxRetries !== undefined && { maxRetries }),
    ...(hedgeAfterMs !== undefined && { hedgeAfterMs }),
    ...(breakerFailures !== undefined && { breakerFailures }),
    ...(breakerOpenMs !== undefined && { breakerOpenMs }),
  };
}

function readCount(scope: ManifestScope, key: string, most: number): number | undefined {
  const count = readNumber(scope, key, 0, most);
  return count === undefined || Number.isInteger(count) ? count : complain(scope, key, 'this must be a whole number');
}

function readSeconds(scope: ManifestScope, key: string): number | undefined {
  const seconds = readNumber(scope, key, 0.001, mostSeconds);
  return seconds === undefined ? undefined : Math.round(seconds * 1_000);
}

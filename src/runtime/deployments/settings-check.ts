import { ParleyError } from '../../base/index.ts';
import type { RuntimeLimits } from './runtime-options.ts';

const maxWeight = 1_000;

/** Throws VALIDATION_FAILED for a number of replicas that cannot be. */
export function checkReplicas(replicas: number, limits: Pick<RuntimeLimits, 'replicas'>): void {
  if (Number.isInteger(replicas) && replicas >= 1 && replicas <= limits.replicas) return;
  throw new ParleyError('VALIDATION_FAILED', `replicas must be a whole number from 1 to ${limits.replicas}.`);
}

/** Throws VALIDATION_FAILED for a weight that cannot be. */
export function checkWeight(weight: number): void {
  if (weight >= 0 && weight <= maxWeight) return;
  throw new ParleyError('VALIDATION_FAILED', `A weight must be a number from 0 to ${maxWeight}.`);
}

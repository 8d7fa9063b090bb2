import { ParleyError } from '../../base/index.ts';

/**
 * ENVIRONMENT_FAILED: `message` is one sentence that says what to do, `output` the last lines of the installer, which
 * `details.error` of the deployment shows.
 */
export function createEnvironmentError(message: string, output: readonly string[] = [], cause?: unknown): ParleyError {
  const error = [message, ...output].join('\n');
  return new ParleyError('ENVIRONMENT_FAILED', message, { details: { error }, ...(cause !== undefined && { cause }) });
}

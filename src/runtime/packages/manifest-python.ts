import { isObject } from '../../base/index.ts';
import { type ManifestScope, readFlag, readScope } from './manifest-scope.ts';

/** What existing packages list in `capabilities` when they have Python code run. */
const capability = 'code-execution';

/** True when the package asks for Python sessions: `metadata.python_agent` says it, or else its capabilities do. */
export function readPythonSessions(scope: ManifestScope, capabilities: readonly string[]): boolean {
  const metadata = isObject(scope.values['metadata']) ? readScope(scope, 'metadata') : undefined;
  return (metadata && readFlag(metadata, 'python_agent')) ?? capabilities.includes(capability);
}

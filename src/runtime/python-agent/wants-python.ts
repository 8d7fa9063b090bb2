import type { Manifest } from '../packages/manifest-model.ts';

/** What existing packages list in `capabilities` when they have Python code run. */
const capability = 'code-execution';

/** True when the package asks for Python sessions: `metadata.python_agent: true`, or by its capabilities unless that says false. */
export function wantsPython({ metadata, capabilities }: Pick<Manifest, 'metadata' | 'capabilities'>): boolean {
  const asked = metadata['python_agent'];
  return typeof asked === 'boolean' ? asked : capabilities.includes(capability);
}

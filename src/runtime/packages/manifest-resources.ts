import { parseMemoryAmount } from '../../base/index.ts';
import type { ManifestResources } from './manifest-model.ts';
import { complain, type ManifestScope, readNumber, readScope, readText } from './manifest-scope.ts';

const leastCpus = 0.01;
const mostCpus = 1_024;

/** What `resources` says that the processes of one worker need at most. */
export function readResources(scope: ManifestScope): ManifestResources {
  const resources = readScope(scope, 'resources');
  if (resources === undefined) return {};
  const memoryBytes = readMemory(resources);
  const cpus = readNumber(resources, 'cpus', leastCpus, mostCpus);
  return { ...(memoryBytes !== undefined && { memoryBytes }), ...(cpus !== undefined && { cpus }) };
}

function readMemory(resources: ManifestScope): number | undefined {
  const text = readText(resources, 'memory');
  if (text === undefined) return undefined;
  const advice = 'this must be an amount such as 256M or 1.5G, at least 1M';
  return parseMemoryAmount(text) ?? complain(resources, 'memory', advice);
}

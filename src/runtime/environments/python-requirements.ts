import { createEnvironmentError } from './environment-error.ts';

export interface RequirementsRequest {
  readonly packageId: string;
  /** Text of requirements.txt; empty when there is none. */
  readonly text: string;
  /** `dependencies` of agent.yaml. */
  readonly dependencies: readonly string[];
  /** Takes whatever pip understands: options, folders, addresses of sources. */
  readonly allowBuild: boolean;
}

/** PEP 508: a name, perhaps extras, versions and a marker; or a name at the address of a wheel. */
const plainPattern =
  /^[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*(\(?\s*(===|==|~=|!=|<=|>=|<|>)[^;@]*\)?)?\s*(;.*)?$/;
const wheelPattern = /^[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*@\s*https?:\/\/\S+\.whl(#\S*)?\s*(;.*)?$/;
const hashes = /\s+--hash=[a-z0-9]+:[0-9a-f]+/g;

/**
 * Pure: what a package asks for, one requirement a line, without comments and repetitions, in the order of the alphabet: the
 * same for all packages that want the same. Throws ENVIRONMENT_FAILED for a line that pip would build or run code for.
 */
export function normalizeRequirements(request: RequirementsRequest): readonly string[] {
  const lines = [...joinLines(request.text), ...request.dependencies].map(normalizeLine).filter((line) => line !== '');
  if (!request.allowBuild) for (const line of lines) checkPlain(line, request.packageId);
  return [...new Set(lines)].sort();
}

/** True for a line that means the same wherever it is read. */
export function isPlainRequirement(line: string): boolean {
  const bare = line.replace(hashes, '').trim();
  // pip takes options behind a requirement, too.
  return !/\s-/.test(bare) && (plainPattern.test(bare) || wheelPattern.test(bare));
}

function joinLines(text: string): readonly string[] {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/);
}

function normalizeLine(line: string): string {
  return line
    .replace(/(^|\s)#.*$/, '')
    .trim()
    .replace(/\s+/g, ' ');
}

function checkPlain(line: string, packageId: string): void {
  if (isPlainRequirement(line)) return;
  const shown = JSON.stringify(line.length > 100 ? `${line.slice(0, 100)}…` : line.replace(/\/\/[^/\s]*@/, '//'));
  throw createEnvironmentError(
    `The requirement ${shown} of ${packageId} is not a package with versions or a wheel; name one, or deploy with allowBuild.`,
  );
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../base/index.ts';

/** Says which files of an installed package ask for dependencies, because nothing installs them. Never throws. */
export async function findDependencyWarnings(folder: string): Promise<readonly string[]> {
  const [requirements, packageJson] = await Promise.all([
    readFile(join(folder, 'requirements.txt'), 'utf8').catch(() => ''),
    readFile(join(folder, 'package.json'), 'utf8').catch(() => ''),
  ]);
  return [
    ...(hasRequirements(requirements) ? [explain('requirements.txt')] : []),
    ...(hasDependencies(packageJson) ? [explain('package.json')] : []),
  ];
}

function explain(file: string): string {
  return `The dependencies in ${file} are not installed by this version; what is not there already cannot be imported.`;
}

function hasRequirements(text: string): boolean {
  return text.split('\n').some((line) => !/^\s*(#.*)?$/.test(line));
}

function hasDependencies(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    const dependencies = isObject(value) ? value['dependencies'] : undefined;
    return isObject(dependencies) && Object.keys(dependencies).length > 0;
  } catch {
    return false;
  }
}

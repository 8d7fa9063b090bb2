import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, ok } from './finding.ts';

const unused = 'Not used: the node itself holds workers to their limits.';

/** Which control groups this machine has. The node uses none of them. */
export async function checkControlGroups(root: string = '/sys/fs/cgroup'): Promise<Finding> {
  return ok('control groups', `${unused} ${await describe(root)}`);
}

async function describe(root: string): Promise<string> {
  const controllers = await readFile(join(root, 'cgroup.controllers'), 'utf8').catch(() => undefined);
  if (controllers !== undefined) {
    const names = controllers.trim().split(/\s+/).join(', ');
    return `This machine has version 2, with ${names || 'no controllers'}.`;
  }
  const folders = await readdir(root).catch(() => []);
  return folders.length === 0
    ? 'This machine has none.'
    : `This machine has version 1, with ${folders.sort().join(', ')}.`;
}

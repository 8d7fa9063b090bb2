import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isSystemError, ParleyError } from '../../base/index.ts';
import { assertPackageName } from './manifest.ts';
import { toWriteError } from './write-error.ts';

/** What to make, from which template, and where. */
export interface InitOptions {
  /** The package's name; it takes the place of `__NAME__` in the template's files and their names. */
  readonly name: string;
  /** A folder of `templatesFolder`. */
  readonly template: string;
  /** Where the package goes: missing or empty. */
  readonly folder: string;
  readonly templatesFolder: string;
}

const token = '__NAME__';

async function listTemplates(templatesFolder: string): Promise<readonly string[]> {
  const found = await readdir(templatesFolder, { withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function checkTemplate({ template, templatesFolder }: InitOptions): Promise<void> {
  const templates = await listTemplates(templatesFolder);
  if (templates.includes(template)) return;
  throw new ParleyError(
    'NOT_FOUND',
    `There is no template ${template}. Take one of: ${templates.join(', ') || 'none found'}.`,
    {
      details: { template, templates },
    },
  );
}

async function checkEmpty(folder: string): Promise<void> {
  const children = await readdir(folder).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return [];
    throw new ParleyError('CONFLICT', `${folder} is not a folder that can be read. Choose another.`, { cause: error });
  });
  if (children.length > 0)
    throw new ParleyError('CONFLICT', `${folder} is not empty. Choose another folder, or empty this one.`, {
      details: { folder },
    });
}

async function copyFile(from: string, to: string, name: string): Promise<void> {
  const bytes = await readFile(from);
  // Only texts are changed: bytes that are not UTF-8 pass as they are.
  const text = bytes.includes(token) ? Buffer.from(bytes.toString('utf8').replaceAll(token, name)) : bytes;
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, text, { flag: 'wx' });
  if (((await stat(from)).mode & 0o100) !== 0) await chmod(to, 0o755);
}

async function copyTemplate(options: InitOptions): Promise<readonly string[]> {
  const from = join(options.templatesFolder, options.template);
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(from, join(entry.parentPath, entry.name)));
  const made = names.map((name) => name.replaceAll(token, options.name)).sort();
  for (const name of names)
    await copyFile(join(from, name), join(options.folder, name.replaceAll(token, options.name)), options.name);
  return made;
}

/**
 * Makes a new package from a template and returns the names of its files, sorted. Throws INVALID_PARAMS for a bad name,
 * NOT_FOUND for an unknown template, CONFLICT when the folder is not empty; then nothing is written.
 */
export async function initPackage(options: InitOptions): Promise<readonly string[]> {
  assertPackageName(options.name);
  await checkTemplate(options);
  await checkEmpty(options.folder);
  try {
    return await copyTemplate(options);
  } catch (error) {
    throw toWriteError(options.folder, error);
  }
}

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError, ParleyError } from '../base/index.ts';

const secretBytes = 32;

/**
 * The secret in `file`: 32 random bytes in base64url, or what `create` gives, made on first use (mode 0600, in a folder of mode 0700, whole or not at
 * all; of two that make it at once, one wins and both get its secret). CONFIG_INVALID when others may read the file or it is empty.
 */
export async function loadOrCreateSecret(file: string, create: () => string = createRandom): Promise<string> {
  const kept = await loadSecret(file);
  if (kept !== undefined) return kept;
  await createSecret(file, create());
  const created = await loadSecret(file);
  if (created !== undefined) return created;
  throw new ParleyError('CONFIG_INVALID', `The secret file ${file} vanished while it was made; start again.`);
}

/** The secret in `file`, or undefined when there is no such file. Same errors as `loadOrCreateSecret`. */
export async function loadSecret(file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, 'r');
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) throw exposed(file, mode);
    const secret = (await handle.readFile('utf8')).trim();
    if (secret !== '') return secret;
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return undefined;
    if (isSystemError(thrown, 'EACCES')) throw unreadable(file, thrown);
    throw ParleyError.from(thrown);
  }
  throw new ParleyError('CONFIG_INVALID', `The secret file ${file} is empty; remove it, and a new one is made.`);
}

function createRandom(): string {
  return randomBytes(secretBytes).toString('base64url');
}

async function createSecret(file: string, secret: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeDraft(draft, `${secret}\n`);
    // A hard link, unlike a rename, never replaces a secret that somebody else has just made.
    await link(draft, file);
  } catch (thrown) {
    if (!isSystemError(thrown, 'EEXIST')) throw ParleyError.from(thrown);
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(draft: string, text: string): Promise<void> {
  await using handle = await open(draft, 'wx', 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

function exposed(file: string, mode: number): ParleyError {
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return new ParleyError(
    'CONFIG_INVALID',
    `The secret file ${file} has mode ${octal}, others may read it; run "chmod 600 ${file}", or remove it for a new one.`,
  );
}

function unreadable(file: string, cause: unknown): ParleyError {
  return new ParleyError('CONFIG_INVALID', `The secret file ${file} cannot be read by this user.`, { cause });
}

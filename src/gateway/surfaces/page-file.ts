import { realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isSystemError } from '../../base/index.ts';
import type { Visit } from './visit.ts';

/** A file of a page: it lies in the page's folder, symbolic links resolved. */
export interface PageFile {
  readonly root: string;
  /** Relative to the root. */
  readonly name: string;
}

/** The file of that name, of a folder its index.html; undefined when there is none, or when it lies outside the page's folder. */
export async function findPageFile(folder: string, name: string): Promise<PageFile | undefined> {
  try {
    const root = await realpath(folder);
    const found = await realpath(join(root, name));
    const isFolder = (await stat(found)).isDirectory();
    if (!isFolder && name.endsWith('/')) return undefined;
    const file = isFolder ? await realpath(join(found, 'index.html')) : found;
    if (!file.startsWith(root + sep) || !(await stat(file)).isFile()) return undefined;
    return { root, name: relative(root, file) };
  } catch (thrown) {
    if (absences.some((code) => isSystemError(thrown, code))) return undefined;
    throw thrown;
  }
}

const absences = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES'];

/**
 * Answers with the file: its type, ETag and Last-Modified, 304 to who has it, parts of it to who asks for a range. What has been
 * kept is asked for again each time, because another version of the package may be served from the same address.
 */
export async function sendPageFile({ request, response, ownHeaders }: Visit, { root, name }: PageFile): Promise<void> {
  const path = name.split(sep).map(encodeURIComponent).join('/');
  // A node without pages does not carry it.
  const { default: send } = await import('@fastify/send');
  const { statusCode, headers, stream } = await send(request, `/${path}`, {
    root,
    index: false,
    dotfiles: 'allow',
    cacheControl: false,
  });
  const answer = [...ownHeaders, 'cache-control', 'no-cache', 'x-content-type-options', 'nosniff'];
  for (const [header, value] of Object.entries(headers)) answer.push(header.toLowerCase(), String(value));
  // The page of the sandbox has no origin, and its scripts and fonts are asked for in the name of that.
  if (request.headers.origin === 'null') answer.push('access-control-allow-origin', 'null');
  if (response.destroyed) {
    stream.destroy();
    return;
  }
  response.writeHead(statusCode, answer);
  stream.once('error', () => response.destroy());
  response.once('close', () => stream.destroy());
  stream.pipe(response);
}

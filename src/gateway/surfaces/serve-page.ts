import { findPageFile, type PageFile, sendPageFile } from './page-file.ts';
import { isApiPath, readPageAlias, readPagePath } from './page-path.ts';
import type { Visit } from './visit.ts';

/**
 * Answers from the deployment's page: a file that is there, the page's configuration, the way to its base. False when none of
 * these is asked for. Paths below `/api` are the package's routes' alone, where it has any.
 */
export async function servePageFile(visit: Visit): Promise<boolean> {
  const { endpoint, request, path } = visit;
  const { ui, rest } = endpoint.surfaces ?? {};
  if (ui === undefined || !isRead(request.method) || (rest && isApiPath(path))) return false;
  const named = readPagePath(path, ui.basePath);
  if (named?.kind === 'redirect') return sendRedirect(visit, named.path);
  const file = named && (await findPageFile(ui.folder, named.name));
  if (file) return sendFile(visit, file);
  if (path === '/ui-config.json' || named?.name === 'ui-config.json') return sendConfig(visit);
  return false;
}

/**
 * Answers what is below `/ui` from the page, and a person's deep link with the page itself, which finds its way from there. False for
 * what is neither.
 */
export async function servePageLink(visit: Visit): Promise<boolean> {
  const { endpoint, request, path } = visit;
  const ui = endpoint.surfaces?.ui;
  if (ui === undefined || !isPageLink(visit)) return false;
  const alias = readPageAlias(path, ui.basePath);
  if (alias?.kind === 'redirect') return sendRedirect(visit, alias.path);
  const file = alias && (await findPageFile(ui.folder, alias.name));
  if (file) return sendFile(visit, file);
  if (!wantsPage(request.headers.accept)) return false;
  if (readPagePath(path, ui.basePath)?.kind !== 'file') return false;
  const index = await findPageFile(ui.folder, 'index.html');
  return index !== undefined && sendFile(visit, index);
}

/** True when an answer of 404 to the request may become the page. */
export function isPageLink({ endpoint, request, path }: Visit): boolean {
  const ui = endpoint.surfaces?.ui;
  if (ui === undefined || !isRead(request.method) || isApiPath(path)) return false;
  return wantsPage(request.headers.accept) || readPageAlias(path, ui.basePath) !== undefined;
}

async function sendFile(visit: Visit, file: PageFile): Promise<true> {
  await sendPageFile(visit, file);
  return true;
}

/** What tells the page where its package's routes are: it may be below a prefix that it cannot know. */
function sendConfig({ request, response, prefix, ownHeaders }: Visit): true {
  const body = JSON.stringify({ apiBase: `${prefix}/api` });
  const headers = [
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
    'cache-control',
    'no-store',
  ];
  const readable = request.headers.origin === 'null' ? ['access-control-allow-origin', 'null'] : [];
  response.writeHead(200, [...ownHeaders, ...headers, ...readable]);
  response.end(request.method === 'HEAD' ? undefined : body);
  return true;
}

function sendRedirect({ response, prefix, query, ownHeaders }: Visit, path: string): true {
  response.writeHead(308, [...ownHeaders, 'location', prefix + path + query, 'content-length', '0']);
  response.end();
  return true;
}

function isRead(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD';
}

function wantsPage(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false;
}

/** What a request for a page's path means. */
export type PagePath =
  /** Relative to the page's folder; empty: the folder itself. */
  | { readonly kind: 'file'; readonly name: string }
  /** The page's base without its slash: the browser must come back with it, or relative addresses in the page go wrong. */
  | { readonly kind: 'redirect'; readonly path: string };

/**
 * The file of the page that a path names, below `basePath`; undefined when it can name none: outside the base, not decodable, or with
 * parts that lead elsewhere or are hidden.
 */
export function readPagePath(path: string, basePath: string): PagePath | undefined {
  const base = basePath.replace(/\/+$/, '');
  if (path === base) return { kind: 'redirect', path: `${base}/` };
  if (!path.startsWith(`${base}/`)) return undefined;
  const name = decode(path.slice(base.length + 1));
  if (name === undefined || name.includes('\\') || name.includes('\0')) return undefined;
  const parts = name.split('/');
  const last = parts.pop() ?? '';
  if (parts.some((part) => part === '' || isHidden(part)) || isHidden(last)) return undefined;
  return { kind: 'file', name };
}

/**
 * As `readPagePath` for a page at the root of its deployment, which is found below `/ui` as well: old addresses have it there. Undefined
 * for other paths, and for pages with a base of their own.
 */
export function readPageAlias(path: string, basePath: string): PagePath | undefined {
  return /^\/*$/.test(basePath) ? readPagePath(path, '/ui') : undefined;
}

/** True for paths that are the package's API: they are never answered with its page. */
export function isApiPath(path: string): boolean {
  return path === '/api' || path.startsWith('/api/');
}

/** `..` among them. */
function isHidden(part: string): boolean {
  return part.startsWith('.') && part !== '.well-known';
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

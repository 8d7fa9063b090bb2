import { basename } from 'node:path/posix';
import { ParleyError } from '../../base/index.ts';

/** A package's address, taken apart into what is sent where. */
export interface PackageUrl {
  /** As it is requested: without user and password. */
  readonly href: string;
  /** What people and programs may see: without query, user, password and fragment, where secrets stand. */
  readonly shown: string;
  /** The user and password of the address, as the header that carries them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** VALIDATION_FAILED, without the text, when it is no http address. */
export function parsePackageUrl(text: string): PackageUrl {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ParleyError(
      'VALIDATION_FAILED',
      'The address of the package is not valid; it begins with http:// or https://.',
    );
  }
  const headers = url.username === '' ? {} : { authorization: `Basic ${encodeLogin(url)}` };
  url.username = '';
  url.password = '';
  url.hash = '';
  return { href: url.href, shown: url.origin + url.pathname, headers };
}

/** Where the detached signature of the package at `href` lies: `.sig` behind the path, the query as it is. */
export function signatureUrlOf(href: string): string {
  const url = new URL(href);
  url.pathname += '.sig';
  return url.href;
}

/** What the file name of a package says: `{name}-{version}.apkg`. Undefined when it is not of that form. */
export function guessPackage(text: string): { readonly name: string; readonly version: string } | undefined {
  const file = basename(new URL(text).pathname);
  const [, name, version] = /^([a-z][a-z0-9-]*?)-v?(\d[A-Za-z0-9.+_-]*)\.apkg$/.exec(file) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

function encodeLogin({ username, password }: URL): string {
  const login = [username, password].map((part) => decodePart(part)).join(':');
  return Buffer.from(login, 'utf8').toString('base64');
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

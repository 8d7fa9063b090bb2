import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isObject, ParleyError } from '../base/index.ts';

/** Where the node is and what proves that we may command it. */
export interface NodeAccess {
  readonly url: string;
  readonly token?: string;
  /** PEM texts: whom it trusts, and what it shows of us. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface AccessOptions {
  readonly url?: string;
  readonly token?: string;
  /** PEM files. */
  readonly ca?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly dataFolder: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const defaultUrl = 'http://127.0.0.1:8000';

/** The data folder: the flag, PARLEY_DATA, or `.parley` in the home folder. */
export function findDataFolder(flag: string | undefined, environment: Environment): string {
  return resolve(flag ?? (environment['PARLEY_DATA'] || join(homedir(), '.parley')));
}

/**
 * Address: the flag, PARLEY_URL, what a running node has written into its data folder, or port 8000. Token: the flag,
 * PARLEY_TOKEN, PAR_RUNTIME_SECRET, or the data folder's, which goes to loopback addresses only.
 */
export function findAccess(options: AccessOptions, environment: Environment): NodeAccess {
  const { dataFolder } = options;
  const url = options.url ?? (environment['PARLEY_URL'] || readNodeUrl(dataFolder)) ?? defaultUrl;
  const given = options.token ?? (environment['PARLEY_TOKEN'] || environment['PAR_RUNTIME_SECRET']);
  const token = given || (isLoopback(url) ? readText(join(dataFolder, 'operator.token')) : undefined);
  const tls = readTls(options, environment);
  return { url, ...(token && { token }), ...(tls && { tls }) };
}

/** From the files of the flags, else of PARLEY_CA, PARLEY_CLIENT_CERT and PARLEY_CLIENT_KEY. INVALID_PARAMS for one that cannot be read. */
function readTls(options: AccessOptions, environment: Environment): NodeAccess['tls'] {
  const files = [
    ['ca', options.ca ?? environment['PARLEY_CA']],
    ['cert', options.clientCert ?? environment['PARLEY_CLIENT_CERT']],
    ['key', options.clientKey ?? environment['PARLEY_CLIENT_KEY']],
  ] as const;
  const entries = files.flatMap(([name, file]) => (file ? [[name, requireText(file)] as const] : []));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function requireText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ParleyError('INVALID_PARAMS', `The file ${file} for TLS cannot be read.`, { cause });
  }
}

function readNodeUrl(dataFolder: string): string | undefined {
  const text = readText(join(dataFolder, 'node.json'));
  if (text === undefined) return undefined;
  try {
    const node: unknown = JSON.parse(text);
    if (!isObject(node) || typeof node['pid'] !== 'number' || typeof node['url'] !== 'string') return undefined;
    if (!isAlive(node['pid'])) return undefined;
    return typeof node['innerUrl'] === 'string' ? node['innerUrl'] : node['url'];
  } catch {
    return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

// A node that was killed leaves its file behind, and its port may be somebody else's by now.
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

/** True when the address is on this machine. */
export function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

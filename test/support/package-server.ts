import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { packFolder } from '../../src/runtime/index.ts';

/** A package file that a test has made. */
export interface MadePackage {
  readonly name: string;
  readonly version: string;
  /** Absolute path, `NAME-VERSION.apkg`. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: Buffer;
}

export interface MakePackage {
  readonly name: string;
  readonly version: string;
  /** Further files by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What the module agent.js holds beside the skill `version`. */
  readonly code?: string;
}

/** Makes a package of a Node agent with one skill, `version`, that answers the version. */
export async function makePackage(folder: string, options: MakePackage): Promise<MadePackage> {
  const { name, version, files = {}, code = '' } = options;
  const source = join(folder, `${name}-${version}`);
  await mkdir(source, { recursive: true });
  const manifest = `name: ${name}\nversion: ${version}\nruntime: node24\nexports: [{name: version, handler: "agent:version"}]\n`;
  const agent = `${code}\nexport const version = () => '${version}';\n`;
  const all = { 'agent.yaml': manifest, 'agent.mjs': agent, ...files };
  for (const [file, content] of Object.entries(all)) await writeFile(join(source, file), content);
  const { file, sha256 } = await packFolder(source, join(folder, `${name}-${version}.apkg`));
  return { name, version, file, sha256, bytes: await readFile(file) };
}

/** One request as it came. */
export interface SeenRequest {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A web server of a test. */
export interface PackageServer {
  readonly origin: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** Serves with `answer` on a free port of loopback. */
export async function servePackages(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<PackageServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    answer(request, response, seen.length);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with the bytes, or the rest of them from where a `Range` with the right `If-Range` wants to go on. */
export function sendRange(request: IncomingMessage, response: ServerResponse, bytes: Buffer, etag: string): void {
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const start = request.headers['if-range'] === etag && from !== undefined ? Number(from) : 0;
  const rest = bytes.subarray(start);
  const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(start > 0 ? 206 : 200, { etag, 'content-length': rest.length, ...(start > 0 && range) });
  response.end(rest);
}

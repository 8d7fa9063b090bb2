import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSystemError } from '../base/index.ts';
import type { ControlClient, DeployRequest } from '../control/index.ts';
import type { CommandContext } from './command-context.ts';
import { formatBytes } from './format.ts';
import { findPackageSource } from './package-source.ts';

/** What is deployed, and how it gets to the node. */
export interface SourceOptions {
  /** A path on this machine, or an http(s) address. */
  readonly path: string;
  /** Send it to the node, although the node may see the path itself. */
  readonly upload: boolean;
}

/** The part of a deploy request that says which package; uploads it when the node cannot see it, a folder packed. */
export async function prepareSource(
  context: CommandContext,
  client: ControlClient,
  { path, upload }: SourceOptions,
): Promise<Pick<DeployRequest, 'source' | 'signature'>> {
  if (/^https?:\/\//i.test(path)) return { source: { kind: 'url', url: path } };
  const source = await findPackageSource(path);
  if (!upload && context.nodeIsLocal) return { source };
  if (source.kind === 'file') return uploadFile(context, client, source.path);
  const folder = await mkdtemp(join(tmpdir(), 'parley-pack-'));
  try {
    const { packFolder } = await import('../control/index.ts');
    const { file } = await packFolder(source.path, join(folder, 'package.apkg'));
    return await uploadFile(context, client, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function uploadFile(
  { terminal }: CommandContext,
  client: ControlClient,
  file: string,
): Promise<Pick<DeployRequest, 'source' | 'signature'>> {
  const { size } = await stat(file);
  let sent = 0;
  const chunks = createReadStream(file).map((chunk: Buffer) => {
    sent += chunk.length;
    terminal.status(`uploading ${formatBytes(sent)} of ${formatBytes(size)}`);
    return chunk;
  });
  const { sha256, packageId } = await client.packages.upload(chunks, size);
  terminal.note(terminal.noteColors.dim(`uploaded ${packageId}, ${formatBytes(size)}`));
  const signature = await readSignature(`${file}.sig`);
  return { source: { kind: 'upload', sha256 }, ...(signature !== undefined && { signature }) };
}

async function readSignature(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

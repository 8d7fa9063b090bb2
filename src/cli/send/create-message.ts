import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { createId, type JsonValue, ParleyError } from '../../base/index.ts';
import type { Message, Part } from '../../protocol/index.ts';
import { guessMediaType } from './media-type.ts';

/** What the command line says about a message. */
export interface MessageOptions {
  readonly text?: string;
  /** Paths. */
  readonly file?: readonly string[];
  /** JSON text, or `@path` of a file with it. */
  readonly data?: string;
  readonly skill?: string;
  readonly task?: string;
  readonly context?: string;
}

/** The user's message: text, then data, then files. Throws NOT_FOUND for a file, InvalidArgumentError for bad or missing content. */
export async function createMessage(options: MessageOptions): Promise<Message> {
  const { text, file = [], data, skill, task, context } = options;
  const parts: Part[] = [
    ...(text === undefined ? [] : [{ text }]),
    ...(data === undefined ? [] : [await createDataPart(data)]),
    ...(await Promise.all(file.map(createFilePart))),
  ];
  if (parts.length === 0) throw new InvalidArgumentError('There is nothing to send: give a text, --file or --data.');
  return {
    messageId: createId(),
    role: 'user',
    parts,
    ...(task !== undefined && { taskId: task }),
    ...(context !== undefined && { contextId: context }),
    ...(skill !== undefined && { metadata: { skill } }),
  };
}

async function createDataPart(data: string): Promise<Part> {
  const text = data.startsWith('@') ? (await readBytes(data.slice(1))).toString('utf8') : data;
  try {
    return { data: JSON.parse(text) as JsonValue };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgumentError(`--data must be JSON or @FILE with JSON: ${reason}.`);
  }
}

async function createFilePart(path: string): Promise<Part> {
  const filename = basename(path);
  return { raw: await readBytes(path), filename, mediaType: guessMediaType(filename) };
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ParleyError('NOT_FOUND', `The file ${path} cannot be read; check the path.`, { cause });
  }
}

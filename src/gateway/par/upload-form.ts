import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BusboyInstance } from '@fastify/busboy';
import { type Clock, deferred, ParleyError } from '../../base/index.ts';
import { readUpload } from '../edge/upload-body.ts';

const limits = { fields: 20, fieldSize: 64 * 1024, files: 1, parts: 21, headerPairs: 50, headerSize: 16 * 1024 };

/**
 * The bytes of the form's field `file`, as they come. CONTENT_TYPE_NOT_SUPPORTED for what is no form, INVALID_REQUEST for one that
 * is damaged or has no such file, DEADLINE_EXCEEDED and CANCELED as `readUpload`.
 */
export async function* readFormFile(
  body: unknown,
  contentType: string | undefined,
  clock: Clock,
): AsyncGenerator<Uint8Array, void, undefined> {
  const form = await openForm(contentType);
  const found = findFile(form);
  const stop = new AbortController();
  const read = pipeline(readUpload(body, clock), form, { signal: stop.signal });
  read.catch((thrown: unknown) => found.fail(toFormError(thrown)));
  try {
    yield* await found.file;
    await read;
  } catch (thrown) {
    throw toFormError(thrown);
  } finally {
    stop.abort();
  }
}

async function openForm(contentType: string | undefined): Promise<BusboyInstance> {
  if (contentType !== undefined && /^multipart\/form-data\b/i.test(contentType)) {
    try {
      // A node that gets no forms does not carry it.
      const { Busboy } = await import('@fastify/busboy');
      return new Busboy({ headers: { 'content-type': contentType }, limits });
    } catch (thrown) {
      throw toFormError(thrown);
    }
  }
  const message = 'The body must be a form, sent as multipart/form-data with the package in its field "file".';
  throw new ParleyError('CONTENT_TYPE_NOT_SUPPORTED', message);
}

interface FoundFile {
  readonly file: Promise<AsyncIterable<Uint8Array>>;
  fail(error: ParleyError): void;
}

function findFile(form: BusboyInstance): FoundFile {
  const file = deferred<AsyncIterable<Uint8Array>>();
  file.promise.catch(() => {});
  let stream: Readable | undefined;
  const fail = (error: ParleyError): void => {
    file.reject(error);
    stream?.destroy(error);
  };
  form.on('file', (name, given) => {
    if (name !== 'file') return void given.resume();
    stream = given;
    file.resolve(given);
  });
  form.on('finish', () => file.reject(noFile()));
  return { file: file.promise, fail };
}

function toFormError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new ParleyError('INVALID_REQUEST', `The form cannot be read: ${reason}.`, { cause: thrown });
}

function noFile(): ParleyError {
  return new ParleyError('INVALID_REQUEST', 'The form has no field "file"; send the package in it.');
}

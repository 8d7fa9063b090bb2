import { ParleyError } from '../base/index.ts';
import type { Artifact, Message, Part, StreamItem, Task } from '../protocol/index.ts';
import type { BlobStore, Store } from '../store/index.ts';
import type { TaskState } from './fold.ts';

/** Parts with at least so many bytes are kept as blobs, outside the journal. */
const blobThresholdBytes = 64 * 1024;

/** Collection of the times until which a blob is still needed by a finished task. */
export const blobUseCollection = 'blob-uses';

export interface TaskBlobs {
  /** The same parts, large ones by reference, small bytes as base64 in a journal; durable when it resolves. */
  detach(parts: readonly Part[]): Promise<readonly Part[]> | readonly Part[];
  /** The same parts with their bytes in memory. */
  attach(parts: readonly Part[]): Promise<readonly Part[]> | readonly Part[];
  attachTask(task: Task): Promise<Task>;
  attachItem(item: StreamItem): Promise<StreamItem> | StreamItem;
  /** Keeps what a finished task refers to until its retention ends. */
  keep(state: TaskState, untilMs: number): Promise<void>;
  /** Removes blobs from before that time that neither a finished task nor one of these needs. Returns how many. */
  sweep(beforeMs: number, open: Iterable<TaskState>): Promise<number>;
}

/** Moves the large contents of parts between memory, journal and blob store. Most parts are small: those take no detour. */
export function createTaskBlobs(store: Store, blobs: BlobStore): TaskBlobs {
  const attachParts = (parts: readonly Part[]): Promise<readonly Part[]> | readonly Part[] =>
    parts.some(isDetached) ? Promise.all(parts.map((part) => attachPart(part, blobs))) : parts;
  const attachMessage = async (message: Message): Promise<Message> => ({
    ...message,
    parts: await attachParts(message.parts),
  });
  const attachArtifact = async (artifact: Artifact): Promise<Artifact> => ({
    ...artifact,
    parts: await attachParts(artifact.parts),
  });
  const attachTask = async (task: Task): Promise<Task> => {
    if (!partsOfTask(task).some(isDetached)) return task;
    const { status } = task;
    return {
      ...task,
      status: status.message ? { ...status, message: await attachMessage(status.message) } : status,
      artifacts: await Promise.all(task.artifacts.map(attachArtifact)),
      history: await Promise.all(task.history.map(attachMessage)),
    };
  };
  return {
    detach: (parts) => (parts.some(needsDetaching) ? Promise.all(parts.map((part) => detachPart(part, blobs))) : parts),
    attach: attachParts,
    attachTask,
    attachItem: (item) => (partsOfItem(item).some(isDetached) ? attachItem(item) : item),
    async keep(state, untilMs) {
      await Promise.all(
        [...new Set(blobsOf(state))].map((key) =>
          store.commit({ key, documents: [{ collection: blobUseCollection, value: '{}', expiresAtMs: untilMs }] }),
        ),
      );
    },
    sweep(beforeMs, open) {
      const needed = new Set([...open].flatMap(blobsOf));
      return blobs.sweep(
        beforeMs,
        async (key) => needed.has(key) || (await store.get(blobUseCollection, key)) !== undefined,
      );
    },
  };

  async function attachItem(item: StreamItem): Promise<StreamItem> {
    switch (item.kind) {
      case 'task':
        return { kind: 'task', task: await attachTask(item.task) };
      case 'message':
        return { kind: 'message', message: await attachMessage(item.message) };
      case 'artifact':
        return { kind: 'artifact', update: { ...item.update, artifact: await attachArtifact(item.update.artifact) } };
      case 'status': {
        const { status } = item.update;
        const message = status.message && (await attachMessage(status.message));
        return { kind: 'status', update: { ...item.update, status: { ...status, ...(message && { message }) } } };
      }
    }
  }
}

function needsDetaching(part: Part): boolean {
  return 'raw' in part || ('text' in part && part.text.length >= blobThresholdBytes);
}

function isDetached(part: Part): boolean {
  return 'blob' in part || 'base64' in part;
}

async function detachPart(part: Part, blobs: BlobStore): Promise<Part> {
  if ('raw' in part) {
    const { raw, ...rest } = part;
    if (raw.byteLength < blobThresholdBytes) return { ...rest, base64: Buffer.from(raw).toString('base64') };
    return { ...rest, blob: { sha256: await blobs.put(raw), size: raw.byteLength } };
  }
  if ('text' in part && part.text.length >= blobThresholdBytes) {
    const { text, ...rest } = part;
    const bytes = Buffer.from(text);
    return { ...rest, blob: { sha256: await blobs.put(bytes), size: bytes.byteLength, text: true } };
  }
  return part;
}

async function attachPart(part: Part, blobs: BlobStore): Promise<Part> {
  if ('base64' in part) {
    const { base64, ...rest } = part;
    return { ...rest, raw: Buffer.from(base64, 'base64') };
  }
  if (!('blob' in part)) return part;
  const { blob, ...rest } = part;
  const bytes = await blobs.get(blob.sha256);
  if (bytes.byteLength !== blob.size) throw new ParleyError('STORE_DAMAGED', `Blob ${blob.sha256} has the wrong size.`);
  return blob.text ? { ...rest, text: Buffer.from(bytes).toString('utf8') } : { ...rest, raw: bytes };
}

function partsOfTask(task: Task): Part[] {
  const messages = [...task.history, ...(task.status.message ? [task.status.message] : [])];
  return [...messages.flatMap((message) => message.parts), ...task.artifacts.flatMap((artifact) => artifact.parts)];
}

/** Digests of the blobs that a task refers to. */
function blobsOf(state: TaskState): string[] {
  const artifacts = [...state.artifacts.values()].flatMap((artifact) => artifact.parts);
  const parts = [...state.history.flatMap((message) => message.parts), ...artifacts];
  return parts.flatMap((part) => ('blob' in part ? [part.blob.sha256] : []));
}

function partsOfItem(item: StreamItem): readonly Part[] {
  switch (item.kind) {
    case 'task':
      return partsOfTask(item.task);
    case 'message':
      return item.message.parts;
    case 'artifact':
      return item.update.artifact.parts;
    case 'status':
      return item.update.status.message?.parts ?? [];
  }
}

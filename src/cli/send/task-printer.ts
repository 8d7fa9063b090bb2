import {
  type Artifact,
  isTerminal,
  type Message,
  type Part,
  type StreamItem,
  type Task,
  type TaskStatus,
  v1Codec,
} from '../../protocol/index.ts';
import { formatBytes } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import type { ArtifactFolder } from './artifact-folder.ts';

export interface TaskPrinterOptions {
  readonly terminal: Terminal;
  /** Unset: files are described only. */
  readonly folder?: ArtifactFolder;
  /** Nothing goes to stdout; files are still saved. */
  readonly quiet: boolean;
}

/** How many parts of an artifact were shown, and the file that further bytes belong to. */
interface Shown {
  parts: number;
  file: { readonly name: string | undefined; readonly path: string } | undefined;
}

/** Shows a task while it happens: artifacts' text on stdout as it comes, everything else on stderr. */
export class TaskPrinter {
  readonly #options: TaskPrinterOptions;
  readonly #shown = new Map<string, Shown>();
  #taskId: string | undefined;
  #lastStatus = '';
  #current: string | undefined;
  #atLineStart = true;

  constructor(options: TaskPrinterOptions) {
    this.#options = options;
  }

  async show(item: StreamItem): Promise<void> {
    switch (item.kind) {
      case 'task':
        return this.#showTask(item.task);
      case 'message':
        return this.#showMessage(item.message);
      case 'status':
        return this.#showStatus(item.update.status);
      case 'artifact':
        return this.#showParts(item.update.artifact, item.update.append ? this.#countOf(item.update.artifact) : 0);
    }
  }

  /** Ends the last line of the payload. */
  finish(): void {
    if (!this.#atLineStart) this.#write('\n');
    this.#current = undefined;
  }

  async #showTask(task: Task): Promise<void> {
    if (this.#taskId === undefined) this.#note(`task ${task.id}`);
    this.#taskId = task.id;
    for (const artifact of task.artifacts) {
      const fresh = artifact.parts.slice(this.#countOf(artifact));
      await this.#showParts({ ...artifact, parts: fresh }, this.#countOf(artifact));
    }
    this.#showStatus(task.status);
  }

  async #showMessage(message: Message): Promise<void> {
    await this.#showParts({ artifactId: message.messageId, parts: message.parts }, 0);
  }

  #showStatus({ state, message }: TaskStatus): void {
    const text = message?.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n') ?? '';
    const line = text === '' ? state : `${state}: ${text}`;
    if (line === this.#lastStatus) return;
    this.#lastStatus = line;
    // Nothing more comes to stdout: its last line ends before the outcome is told, wherever the two go.
    if (isTerminal(state)) this.finish();
    this.#note(line, state === 'failed' || state === 'rejected');
  }

  async #showParts(artifact: Artifact, before: number): Promise<void> {
    const shown = this.#shown.get(artifact.artifactId) ?? { parts: before, file: undefined };
    shown.parts = before + artifact.parts.length;
    this.#shown.set(artifact.artifactId, shown);
    if (this.#current !== artifact.artifactId) this.finish();
    this.#current = artifact.artifactId;
    for (const part of artifact.parts) await this.#showPart(part, shown, artifact.name ?? 'file');
  }

  async #showPart(part: Part, shown: Shown, name: string): Promise<void> {
    if ('text' in part) return this.#write(part.text);
    if ('data' in part) return this.#write(`${JSON.stringify(part.data, undefined, 2)}\n`);
    if ('url' in part) return this.#note(`file at ${part.url}`);
    if (!('raw' in part)) return;
    const { folder } = this.#options;
    const about = `(${part.mediaType ?? 'bytes'}, ${formatBytes(part.raw.byteLength)})`;
    if (folder === undefined) return this.#note(`file ${part.filename ?? name} ${about}; --output DIR saves it`);
    if (shown.file !== undefined && (part.filename ?? shown.file.name) === shown.file.name) {
      return folder.extend(shown.file.path, part);
    }
    const path = await folder.save(part, name);
    shown.file = { name: part.filename, path };
    this.#note(`saved ${path} ${about}`);
  }

  #countOf({ artifactId }: Artifact): number {
    return this.#shown.get(artifactId)?.parts ?? 0;
  }

  #write(text: string): void {
    if (text === '' || this.#options.quiet) return;
    this.#options.terminal.write(text);
    this.#atLineStart = text.endsWith('\n');
  }

  #note(text: string, isProblem = false): void {
    const { terminal } = this.#options;
    const { red, dim } = terminal.noteColors;
    if (!this.#atLineStart && terminal.interactive) this.finish();
    terminal.note(isProblem ? red(text) : dim(text));
  }
}

/** A task or message as A2A 1.0 JSON: what `-o json` prints. */
export function toPayload(item: StreamItem): unknown {
  return v1Codec.encodeStreamItem(item);
}

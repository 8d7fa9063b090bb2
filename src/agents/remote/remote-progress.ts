import {
  isInterrupted,
  isTerminal,
  type Message,
  type Task,
  type TaskState,
  type TaskStatus,
} from '../../protocol/index.ts';
import type { EndState, ExecutionEvent } from '../port.ts';
import type { WireItem } from './remote-wire.ts';

type ArtifactItem = Extract<WireItem['item'], { kind: 'artifact' }>;

/**
 * What is known of a task at another server, and what of it is news. Items may come again, as updates or inside the whole task,
 * after a connection broke: each part, message and question becomes an event once.
 */
export class RemoteProgress {
  taskId: string | undefined;
  contextId: string | undefined;
  state: TaskState | undefined;
  lastEventId: string | undefined;
  /** The last event has been given out. */
  ended = false;
  /** How many parts of each artifact have been seen. */
  readonly #artifacts = new Map<string, number>();
  readonly #sent = new Set<string>();
  #lastMessage: string | undefined;

  /** The events in one item, in order; none when it brings nothing new. */
  take({ id, item }: WireItem): readonly ExecutionEvent[] {
    if (this.ended) return [];
    if (id !== undefined) this.lastEventId = id;
    switch (item.kind) {
      case 'message':
        return this.#takeReply(item.message);
      case 'task':
        return this.#takeTask(item.task);
      case 'status':
        this.#know(item.update.taskId, item.update.contextId);
        return this.#takeStatus(item.update.status);
      case 'artifact':
        this.#know(item.update.taskId, item.update.contextId);
        return this.#takeChunk(item);
    }
  }

  /** True when the other side already has that message of its caller. */
  hasSent(messageId: string): boolean {
    return this.#sent.has(messageId);
  }

  #takeReply({ parts }: Message): readonly ExecutionEvent[] {
    this.ended = true;
    return this.taskId === undefined ? [{ kind: 'reply', parts }] : [{ kind: 'end', state: 'completed', parts }];
  }

  #takeTask({ id, contextId, artifacts, history, status }: Task): readonly ExecutionEvent[] {
    this.#know(id, contextId);
    for (const message of history) if (message.role === 'user') this.#sent.add(message.messageId);
    const news: ExecutionEvent[] = [];
    for (const artifact of artifacts) {
      const known = this.#artifacts.get(artifact.artifactId);
      if (known !== undefined && artifact.parts.length <= known) continue;
      this.#artifacts.set(artifact.artifactId, artifact.parts.length);
      const lastChunk = isTerminal(status.state);
      const fresh = { ...artifact, parts: artifact.parts.slice(known ?? 0) };
      news.push({ kind: 'artifact', artifact: fresh, append: known !== undefined, lastChunk });
    }
    return [...news, ...this.#takeStatus(status)];
  }

  #takeChunk({ update }: ArtifactItem): readonly ExecutionEvent[] {
    const { artifact, lastChunk } = update;
    const known = this.#artifacts.get(artifact.artifactId);
    const append = update.append && known !== undefined;
    this.#artifacts.set(artifact.artifactId, (append ? known : 0) + artifact.parts.length);
    return [{ kind: 'artifact', artifact, append, lastChunk }];
  }

  #takeStatus({ state, message }: TaskStatus): readonly ExecutionEvent[] {
    const before = this.state;
    this.state = state;
    const isNews = message !== undefined && message.messageId !== this.#lastMessage;
    if (isNews) this.#lastMessage = message.messageId;
    const parts = message?.parts ?? [];
    if (isTerminal(state)) return this.#end(state as EndState, parts);
    if (isInterrupted(state)) {
      const repeated = before === state && !isNews;
      return repeated ? [] : [{ kind: 'ask', state: state as 'input-required' | 'auth-required', parts }];
    }
    if (isNews && parts.length > 0) return [{ kind: 'status', parts }];
    return before !== undefined && isInterrupted(before) ? [{ kind: 'status' }] : [];
  }

  #end(state: EndState, parts: Message['parts']): readonly ExecutionEvent[] {
    this.ended = true;
    return [{ kind: 'end', state, ...(parts.length > 0 && { parts }) }];
  }

  #know(taskId: string, contextId: string): void {
    this.taskId = taskId;
    if (contextId !== '') this.contextId = contextId;
  }
}

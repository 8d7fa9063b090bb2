import { ParleyError } from '../../base/index.ts';
import type { CreatePushConfigRequest, NewPushConfig, PushConfig, PushConfigIdRequest } from '../../protocol/index.ts';
import type { Sealer } from '../../security/index.ts';
import type { CallContext, Target } from '../call-context.ts';
import { hasEnded, type TaskState } from '../fold.ts';
import { type DeliveryOptions, deliver } from './delivery.ts';
import type { FailedWebhook, PushService } from './port.ts';
import { TaskWebhooks } from './task-webhooks.ts';
import { type StoredWebhook, type WebhookDocument, webhookCollection, webhookIndexes } from './webhook-document.ts';

const pageSize = 100;

export interface WebhooksOptions extends DeliveryOptions {
  readonly sealer: Sealer;
  /** How long a task's webhooks are kept when there is nothing more to tell. */
  readonly keptMs: number;
  readonly load: (taskId: string) => Promise<TaskState | undefined>;
  /** The task, if the caller may see it; TASK_NOT_FOUND. */
  readonly find: (target: Target, taskId: string, context: CallContext) => Promise<TaskState>;
}

interface AttachedTask {
  readonly taskId: string;
  readonly agentId: string;
  readonly contextId: string;
}

/** A webhook whose task is about to begin. */
export interface Attached {
  begin(): void;
  discard(): Promise<void>;
}

/** The webhooks of all tasks of this node, and their deliveries. */
export class Webhooks implements PushService {
  readonly #options: WebhooksOptions;
  readonly #tasks = new Map<string, TaskWebhooks>();
  readonly #deliveries = new Map<string, AbortController>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Goes on with what an earlier run of the node had not told. */
  async start(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.#findBy(webhookIndexes.open, cursor);
      for (const { key, value } of page.documents) await this.#resume(key, JSON.parse(value) as WebhookDocument);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** Cuts off what is on its way; it is sent again after the next start. */
  async stop(): Promise<void> {
    for (const controller of this.#deliveries.values())
      controller.abort(new ParleyError('CANCELED', 'The node stops.'));
    await Promise.all(this.#running);
  }

  /** INVALID_PARAMS for a webhook that may not be called. */
  check(config: NewPushConfig): void {
    this.#options.transport.checkUrl(config.url);
  }

  /**
   * Keeps the webhook of a send before its task begins: it is told of all that happens. When the task then does not begin,
   * `discard` forgets it; after a crash in between, the next start does.
   */
  async attach(task: AttachedTask, config: NewPushConfig): Promise<Attached> {
    const { taskId, agentId, contextId } = task;
    const webhooks = this.#add(taskId, { agentId, contextId, webhooks: [] });
    const { id } = await webhooks.put(config, 0, true);
    return { begin: () => this.#deliver(webhooks, id), discard: () => webhooks.remove(id) };
  }

  async create(target: Target, { taskId, config }: CreatePushConfigRequest, context: CallContext): Promise<PushConfig> {
    const state = await this.#options.find(target, taskId, context);
    this.check(config);
    const webhooks = await this.#ofTask(state);
    const open = !hasEnded(state);
    const webhook = await webhooks.put(config, state.version, open);
    this.#abort(taskId, webhook.id);
    if (open) this.#deliver(webhooks, webhook.id);
    return toConfig(taskId, webhook);
  }

  async get(target: Target, { taskId, id }: PushConfigIdRequest, context: CallContext): Promise<PushConfig> {
    const webhooks = await this.#ofTask(await this.#options.find(target, taskId, context));
    const found = id === undefined ? webhooks.document.webhooks[0] : webhooks.find(id);
    if (found) return toConfig(taskId, found);
    throw new ParleyError('NOT_FOUND', `Task ${taskId} has no push configuration ${id ?? ''}.`, {
      details: { taskId },
    });
  }

  async list(target: Target, taskId: string, context: CallContext): Promise<readonly PushConfig[]> {
    const { document } = await this.#ofTask(await this.#options.find(target, taskId, context));
    return document.webhooks.map((webhook) => toConfig(taskId, webhook));
  }

  async remove(target: Target, { taskId, id }: PushConfigIdRequest, context: CallContext): Promise<void> {
    const webhooks = await this.#ofTask(await this.#options.find(target, taskId, context));
    const known = id ?? webhooks.document.webhooks[0]?.id;
    if (known === undefined || webhooks.find(known) === undefined) return;
    await webhooks.remove(known);
    this.#abort(taskId, known);
  }

  async listFailed(): Promise<readonly FailedWebhook[]> {
    const { documents } = await this.#findBy(webhookIndexes.failed, undefined, 'descending');
    return documents.flatMap(({ key, value }) => toFailed(key, JSON.parse(value) as WebhookDocument));
  }

  async redrive(taskId: string, id: string): Promise<void> {
    const webhooks = await this.#load(taskId);
    if (webhooks?.find(id)?.state !== 'failed') {
      throw new ParleyError('NOT_FOUND', `Task ${taskId} has no webhook ${id} that was given up.`);
    }
    await webhooks.change(id, { state: 'open' });
    this.#deliver(webhooks, id);
  }

  /** The task goes on that had ended: those who were told of its end are told what follows. */
  async reopen(taskId: string): Promise<void> {
    const webhooks = await this.#load(taskId);
    for (const { id, state } of webhooks?.document.webhooks ?? []) {
      if (state !== 'done') continue;
      await webhooks?.change(id, { state: 'open' });
      if (webhooks) this.#deliver(webhooks, id);
    }
  }

  async #resume(taskId: string, document: WebhookDocument): Promise<void> {
    const webhooks = this.#add(taskId, document);
    const begun = (await this.#options.load(taskId)) !== undefined;
    for (const { id, state } of document.webhooks) {
      if (!begun) await webhooks.remove(id);
      else if (state === 'open') this.#deliver(webhooks, id);
    }
  }

  #deliver(webhooks: TaskWebhooks, id: string): void {
    const controller = new AbortController();
    const name = nameOf(webhooks.taskId, id);
    this.#deliveries.set(name, controller);
    const running = deliver({ webhooks, id, signal: controller.signal }, this.#options).finally(() => {
      this.#running.delete(running);
      if (this.#deliveries.get(name) === controller) this.#deliveries.delete(name);
      this.#forgetIdle(webhooks);
    });
    this.#running.add(running);
  }

  #abort(taskId: string, id: string): void {
    const name = nameOf(taskId, id);
    this.#deliveries.get(name)?.abort(new ParleyError('CANCELED', 'The webhook was changed.'));
    this.#deliveries.delete(name);
  }

  /** Only tasks with something to tell stay in memory. */
  #forgetIdle(webhooks: TaskWebhooks): void {
    const { taskId, document } = webhooks;
    const busy = document.webhooks.some(({ id }) => this.#deliveries.has(nameOf(taskId, id)));
    if (!busy && this.#tasks.get(taskId) === webhooks) this.#tasks.delete(taskId);
  }

  #add(taskId: string, document: WebhookDocument): TaskWebhooks {
    const known = this.#tasks.get(taskId);
    if (known) return known;
    const { store, sealer, clock, keptMs } = this.#options;
    const webhooks = new TaskWebhooks(taskId, document, { store, sealer, now: () => clock.now(), keptMs });
    this.#tasks.set(taskId, webhooks);
    return webhooks;
  }

  async #ofTask({ id, submitted }: TaskState): Promise<TaskWebhooks> {
    const { agentId, contextId } = submitted;
    return (await this.#load(id)) ?? this.#add(id, { agentId, contextId, webhooks: [] });
  }

  async #load(taskId: string): Promise<TaskWebhooks | undefined> {
    const known = this.#tasks.get(taskId);
    if (known) return known;
    const found = await this.#options.store.get(webhookCollection, taskId);
    return found && this.#add(taskId, JSON.parse(found.value) as WebhookDocument);
  }

  #findBy(
    index: string,
    cursor: string | undefined,
    order: 'ascending' | 'descending' = 'ascending',
  ): ReturnType<WebhooksOptions['store']['find']> {
    const after = cursor === undefined ? {} : { cursor };
    return this.#options.store.find({
      collection: webhookCollection,
      index,
      equals: '',
      order,
      limit: pageSize,
      ...after,
    });
  }
}

function nameOf(taskId: string, id: string): string {
  return `${taskId}\n${id}`;
}

function toConfig(taskId: string, { id, url }: StoredWebhook): PushConfig {
  return { taskId, id, url };
}

function toFailed(taskId: string, { agentId, webhooks }: WebhookDocument): FailedWebhook[] {
  return webhooks.flatMap(({ id, url, position, failure, state }) => {
    if (state !== 'failed' || failure === undefined) return [];
    const { atMs, attempts, reason } = failure;
    return [{ taskId, id, agentId, url, position, failedAtMs: atMs, attempts, reason }];
  });
}

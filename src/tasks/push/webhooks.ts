import { ParleyError } from '../../base/index.ts';
import type { CreatePushConfigRequest, NewPushConfig, PushConfig, PushConfigIdRequest } from '../../protocol/index.ts';
import type { Sealer } from '../../security/index.ts';
import type { CallContext, Target } from '../call-context.ts';
import { hasEnded, type TaskState } from '../fold.ts';
import type { NodeSeat, WebhookOrder } from '../seat.ts';
import { type DeliveryOptions, deliver } from './delivery.ts';
import type { FailedWebhook, PushService } from './port.ts';
import { requireSendable } from './require-sendable.ts';
import { TaskWebhooks } from './task-webhooks.ts';
import { type StoredWebhook, type WebhookDocument, webhookCollection, webhookIndexes } from './webhook-document.ts';

const pageSize = 100;

export interface WebhooksOptions extends DeliveryOptions {
  readonly sealer: Sealer;
  /** Undefined: the node is alone. */
  readonly seat?: NodeSeat | undefined;
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
    await this.#resumeAll(this.#options.seat?.id ?? '');
  }

  /** Goes on with what a node that is gone had not told. */
  async takeOver(nodeId: string): Promise<void> {
    await this.#resumeAll(nodeId);
  }

  async #resumeAll(nodeId: string): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.#findBy({ index: webhookIndexes.open, equals: nodeId, cursor });
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
    requireSendable(config);
    this.#options.transport.checkUrl(config.url);
  }

  /**
   * Keeps the webhook of a send before its task begins: it is told of all that happens. When the task then does not begin,
   * `discard` forgets it; after a crash in between, the next start does.
   */
  async attach(task: AttachedTask, config: NewPushConfig): Promise<Attached> {
    const { taskId, agentId, contextId } = task;
    const webhooks = this.#addNew(taskId, { agentId, contextId });
    const { id } = await webhooks.put(config, 0, true);
    return { begin: () => this.#deliver(webhooks, id), discard: () => webhooks.remove(id) };
  }

  async create(target: Target, { taskId, config }: CreatePushConfigRequest, context: CallContext): Promise<PushConfig> {
    const state = await this.#options.find(target, taskId, context);
    this.check(config);
    const teller = await this.#tellerElsewhere(taskId);
    if (teller) return (await teller({ type: 'put', taskId, config })) as PushConfig;
    return this.#put(state, config);
  }

  async #put(state: TaskState, config: NewPushConfig): Promise<PushConfig> {
    const { id: taskId } = state;
    const webhooks = await this.#ofTask(state);
    const { seat } = this.#options;
    if (seat && webhooks.document.node !== seat.id) await webhooks.adopt(seat.id);
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
    const teller = await this.#tellerElsewhere(taskId);
    if (teller) await teller({ type: 'remove', taskId, id: known });
    else await this.#removeHere(webhooks, known);
  }

  /** What another node has found right to do with a webhook that this one tells. */
  async obey(order: WebhookOrder): Promise<PushConfig | undefined> {
    const state = await this.#options.load(order.taskId);
    if (!state) throw new ParleyError('TASK_NOT_FOUND', `There is no task ${order.taskId}.`);
    if (order.type === 'put') return this.#put(state, order.config);
    const webhooks = await this.#ofTask(state);
    if (order.type === 'remove') await this.#removeHere(webhooks, order.id);
    else await this.#redriveHere(webhooks, order.id);
    return undefined;
  }

  async #removeHere(webhooks: TaskWebhooks, id: string): Promise<void> {
    await webhooks.remove(id);
    this.#abort(webhooks.taskId, id);
  }

  async #redriveHere(webhooks: TaskWebhooks, id: string): Promise<void> {
    await webhooks.change(id, { state: 'open' });
    this.#deliver(webhooks, id);
  }

  /** The way to the node that tells the task's webhooks, when it is another one and not gone. */
  async #tellerElsewhere(taskId: string): Promise<((order: WebhookOrder) => Promise<unknown>) | undefined> {
    const { seat, store } = this.#options;
    if (!seat || this.#tasks.has(taskId)) return undefined;
    const found = await store.get(webhookCollection, taskId);
    const node = found && (JSON.parse(found.value) as WebhookDocument).node;
    if (node === undefined || node === seat.id || !(await seat.nodeIds()).includes(node)) return undefined;
    return (order) => seat.order(node, order);
  }

  async listFailed(): Promise<readonly FailedWebhook[]> {
    const { documents } = await this.#findBy({ index: webhookIndexes.failed, equals: '', order: 'descending' });
    return documents.flatMap(({ key, value }) => toFailed(key, JSON.parse(value) as WebhookDocument));
  }

  async redrive(taskId: string, id: string): Promise<void> {
    const webhooks = await this.#load(taskId);
    await webhooks?.settle();
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
      if (!webhooks || state === 'failed') continue;
      // Whoever is just telling of the end would go home after it: the next one begins where that one has got to.
      this.#abort(taskId, id);
      await webhooks.change(id, { state: 'open' });
      this.#deliver(webhooks, id);
    }
  }

  async #resume(taskId: string, document: WebhookDocument): Promise<void> {
    const webhooks = this.#add(taskId, document);
    const { seat } = this.#options;
    if (seat && document.node !== seat.id) await webhooks.adopt(seat.id);
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

  #addNew(taskId: string, task: Pick<WebhookDocument, 'agentId' | 'contextId'>): TaskWebhooks {
    const node = this.#options.seat?.id;
    return this.#add(taskId, { ...task, ...(node !== undefined && { node }), webhooks: [] });
  }

  #add(taskId: string, document: WebhookDocument): TaskWebhooks {
    const known = this.#tasks.get(taskId);
    if (known) return known;
    const webhooks = this.#create(taskId, document);
    this.#tasks.set(taskId, webhooks);
    return webhooks;
  }

  /** What another node writes is only looked at, and not kept. */
  #open(taskId: string, document: WebhookDocument): TaskWebhooks {
    const { node } = document;
    return node === this.#options.seat?.id ? this.#add(taskId, document) : this.#create(taskId, document);
  }

  #create(taskId: string, document: WebhookDocument): TaskWebhooks {
    const { store, sealer, clock, keptMs } = this.#options;
    return new TaskWebhooks(taskId, document, { store, sealer, now: () => clock.now(), keptMs });
  }

  async #ofTask({ id, submitted }: TaskState): Promise<TaskWebhooks> {
    const { agentId, contextId } = submitted;
    return (await this.#load(id)) ?? this.#addNew(id, { agentId, contextId });
  }

  async #load(taskId: string): Promise<TaskWebhooks | undefined> {
    const known = this.#tasks.get(taskId);
    if (known) return known;
    const found = await this.#options.store.get(webhookCollection, taskId);
    return found && this.#open(taskId, JSON.parse(found.value) as WebhookDocument);
  }

  #findBy(wanted: WantedPage): ReturnType<WebhooksOptions['store']['find']> {
    const { cursor, order = 'ascending', ...rest } = wanted;
    const page = { ...rest, order, limit: pageSize, ...(cursor !== undefined && { cursor }) };
    return this.#options.store.find({ collection: webhookCollection, ...page });
  }
}

interface WantedPage {
  readonly index: string;
  readonly equals: string;
  readonly cursor?: string | undefined;
  readonly order?: 'ascending' | 'descending';
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

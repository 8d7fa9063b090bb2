import { createId, ParleyError } from '../../base/index.ts';
import type { NewPushConfig } from '../../protocol/index.ts';
import type { Sealer } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import { changeDocument, type StoredWebhook, type WebhookDocument, webhookCollection } from './webhook-document.ts';
import type { WebhookSecrets } from './webhook-request.ts';

const maxWebhooks = 10;

export interface TaskWebhooksOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly now: () => number;
  /** How long they are kept once there is nothing more to tell. */
  readonly keptMs: number;
}

/** The webhooks of one task: the only writer of its document. Changes are written one after the other. */
export class TaskWebhooks {
  readonly taskId: string;
  readonly #options: TaskWebhooksOptions;
  #document: WebhookDocument;
  #writing: Promise<void> = Promise.resolve();

  constructor(taskId: string, document: WebhookDocument, options: TaskWebhooksOptions) {
    this.taskId = taskId;
    this.#document = document;
    this.#options = options;
  }

  get document(): WebhookDocument {
    return this.#document;
  }

  find(id: string): StoredWebhook | undefined {
    return this.#document.webhooks.find((webhook) => webhook.id === id);
  }

  /** Resolves when what is being written is known here, too: others may have read it in the store already. */
  settle(): Promise<void> {
    return this.#writing;
  }

  /** Adds the webhook, or replaces the one with its id. `position`: it is told of what comes behind. */
  async put(config: NewPushConfig, position: number, open: boolean): Promise<StoredWebhook> {
    const { sealer, now } = this.#options;
    const { id = createId(now()), url, protocolVersion, token, authentication } = config;
    const secrets: WebhookSecrets = {
      ...(token !== undefined && { token }),
      ...(authentication && { authentication }),
    };
    const sealed = Object.keys(secrets).length === 0 ? undefined : sealer.seal(JSON.stringify(secrets));
    const webhook: StoredWebhook = { id, url, protocolVersion, sealed, position, state: open ? 'open' : 'done' };
    await this.#write((webhooks) => {
      const others = webhooks.filter((other) => other.id !== id);
      if (others.length >= maxWebhooks) throw tooMany(this.taskId);
      return [...others, webhook];
    });
    return webhook;
  }

  /** Changes one webhook, if it is still there. */
  async change(id: string, change: Partial<StoredWebhook>): Promise<void> {
    await this.#write((webhooks) =>
      webhooks.map((webhook) => (webhook.id === id ? { ...webhook, ...change } : webhook)),
    );
  }

  /** Another node tells them from now on. */
  async adopt(node: string): Promise<void> {
    await this.#write((webhooks) => webhooks, { node });
  }

  async remove(id: string): Promise<void> {
    await this.#write((webhooks) => webhooks.filter((webhook) => webhook.id !== id));
  }

  /** The secrets of a webhook, opened. */
  secretsOf({ sealed }: StoredWebhook): WebhookSecrets {
    return sealed === undefined ? {} : (JSON.parse(this.#options.sealer.open(sealed)) as WebhookSecrets);
  }

  #write(
    change: (webhooks: readonly StoredWebhook[]) => readonly StoredWebhook[],
    more: Partial<WebhookDocument> = {},
  ): Promise<void> {
    const written = this.#writing.then(async () => {
      const { store, now, keptMs } = this.#options;
      const next = { ...this.#document, ...more, webhooks: change(this.#document.webhooks) };
      const document =
        next.webhooks.length === 0 ? { collection: webhookCollection } : changeDocument(next, now(), keptMs);
      await store.commit({ key: this.taskId, documents: [document] });
      this.#document = next;
    });
    this.#writing = written.catch(() => {});
    return written;
  }
}

function tooMany(taskId: string): ParleyError {
  const message = `Task ${taskId} has ${maxWebhooks} webhooks, and may not have more. Delete one of them first.`;
  return new ParleyError('QUEUE_FULL', message, { details: { taskId } });
}

import { type Clock, type Component, formatTimestamp, type Logger, ParleyError, sleep } from '../../base/index.ts';
import type { DeploymentChanges, Runtime } from '../../runtime/index.ts';
import { type Sealer, signBody } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import { type AttemptOutcome, decideRetry, type RetrySettings, type WebhookTransport } from '../../tasks/index.ts';
import { type DeployOutcome, type DeployWebhook, findOutcome } from './outcome.ts';
import { createWebhookBook, type OpenWebhook, type WebhookBook } from './webhook-book.ts';

export interface DeployWebhooksOptions {
  readonly runtime: Pick<Runtime, 'watch'>;
  readonly changes: Pick<DeploymentChanges, 'history'>;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly transport: WebhookTransport;
  readonly retry: RetrySettings;
  /** For one attempt. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A deploy call whose webhook is to be told. */
export interface AskedDeploy {
  readonly deploymentId: string;
  readonly agentId: string;
}

/**
 * Webhooks of deploy calls. Guarantees: one that was accepted survives a restart and is told at least once how its deployment
 * came out, until it takes it, refuses it, or all tries are used up; a later call for the same deployment takes its place.
 */
export class DeployWebhooks implements Component {
  readonly name = 'webhooks of deployments';
  readonly #options: DeployWebhooksOptions;
  readonly #book: WebhookBook;
  /** What is in the book. */
  readonly #kept = new Map<string, OpenWebhook>();
  /** Those of them that wait for their deployment. */
  readonly #open = new Map<string, OpenWebhook>();
  readonly #deliveries = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #unwatch: (() => void) | undefined;

  constructor(options: DeployWebhooksOptions) {
    this.#options = options;
    this.#book = createWebhookBook(options.store, options.sealer);
  }

  async start(): Promise<void> {
    for (const open of await this.#book.list()) this.#wait(open);
    this.#unwatch = this.#options.runtime.watch(({ id }) => this.#look(this.#open.get(id)));
    for (const open of [...this.#open.values()]) this.#look(open);
  }

  async stop(): Promise<void> {
    this.#unwatch?.();
    this.#stop.abort(new ParleyError('UNAVAILABLE', 'The node is stopping.'));
    await Promise.all(this.#deliveries);
  }

  /** Keeps the webhook, then deploys; of a call that is refused nothing stays. VALIDATION_FAILED for an address that may not be called. */
  async accept<T>(asked: AskedDeploy, webhook: DeployWebhook, deploy: () => Promise<T>): Promise<T> {
    this.#check(webhook);
    const earlier = this.#kept.get(asked.deploymentId);
    const open = this.#book.seal({ ...asked, askedAtMs: this.#options.clock.now() }, webhook);
    this.#kept.set(asked.deploymentId, open);
    await this.#book.put(open);
    try {
      const accepted = await deploy();
      this.#wait(open);
      this.#look(open);
      return accepted;
    } catch (thrown) {
      await this.#takeBack(open, earlier);
      throw ParleyError.from(thrown);
    }
  }

  #wait(open: OpenWebhook): void {
    this.#kept.set(open.deploymentId, open);
    this.#open.set(open.deploymentId, open);
  }

  #check({ url }: DeployWebhook): void {
    try {
      this.#options.transport.checkUrl(url);
    } catch (cause) {
      throw new ParleyError('VALIDATION_FAILED', ParleyError.from(cause).message, { cause });
    }
  }

  /** The call was refused: an earlier one counts again. */
  async #takeBack(open: OpenWebhook, earlier: OpenWebhook | undefined): Promise<void> {
    if (this.#kept.get(open.deploymentId) !== open) return;
    if (earlier === undefined) return this.#remove(open);
    this.#kept.set(open.deploymentId, earlier);
    await this.#book.put(earlier);
  }

  async #remove(open: OpenWebhook): Promise<void> {
    if (this.#kept.get(open.deploymentId) !== open) return;
    this.#kept.delete(open.deploymentId);
    await this.#book.remove(open.deploymentId);
  }

  #look(open: OpenWebhook | undefined): void {
    if (open === undefined || this.#stop.signal.aborted) return;
    const outcome = findOutcome(this.#historyOf(open), open);
    if (outcome === 'open') return;
    this.#open.delete(open.deploymentId);
    const delivery = this.#settle(open, outcome).catch((thrown: unknown) => this.#complain(open, thrown));
    this.#deliveries.add(delivery);
    void delivery.then(() => this.#deliveries.delete(delivery));
  }

  #historyOf({ deploymentId }: OpenWebhook): ReturnType<DeploymentChanges['history']> {
    try {
      return this.#options.changes.history(deploymentId);
    } catch {
      // It is forgotten, or was never accepted.
      return [];
    }
  }

  async #settle(open: OpenWebhook, outcome: DeployOutcome | 'unknown'): Promise<void> {
    if (outcome !== 'unknown') await this.#tell(open, outcome);
    await this.#remove(open);
  }

  /** Resolves when it was told, or given up; rejects when the node stops meanwhile. */
  async #tell(open: OpenWebhook, outcome: DeployOutcome): Promise<void> {
    const { clock, retry, logger } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const decision = decideRetry(await this.#try(open, outcome), attempt, retry);
      if (decision.kind === 'delivered') return;
      if (decision.kind === 'give-up') {
        const { deploymentId } = open;
        return logger.error('the webhook of a deployment was given up', { deploymentId, reason: decision.reason });
      }
      await sleep(clock, decision.delayMs, this.#stop.signal);
    }
  }

  async #try(open: OpenWebhook, outcome: DeployOutcome): Promise<AttemptOutcome> {
    const { transport, timeoutMs, clock } = this.#options;
    const { url, secret } = this.#book.open(open);
    const body = JSON.stringify({ ...outcome, timestamp: formatTimestamp(clock.now()) });
    const signature = secret === undefined ? {} : { 'parley-hmac': signBody(secret, body, clock.now()) };
    const headers = {
      'content-type': 'application/json',
      'parley-delivery': `${open.deploymentId}@${open.askedAtMs}`,
      ...signature,
    };
    try {
      return { status: await transport.post({ url, headers, body, timeoutMs, signal: this.#stop.signal }) };
    } catch (thrown) {
      this.#stop.signal.throwIfAborted();
      return { thrown };
    }
  }

  #complain({ deploymentId }: OpenWebhook, thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { code, message } = ParleyError.from(thrown);
    this.#options.logger.error('the webhook of a deployment cannot be told', { deploymentId, code, error: message });
  }
}

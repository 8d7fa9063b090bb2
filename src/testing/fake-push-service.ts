import { ParleyError } from '../base/index.ts';
import type { CreatePushConfigRequest, PushConfig, PushConfigIdRequest } from '../protocol/index.ts';
import type { FailedWebhook, PushService, Target } from '../tasks/index.ts';

/** Keeps webhooks in memory and calls none of them. Each task id is one that the caller may see. */
export class FakePushService implements PushService {
  readonly #configs = new Map<string, PushConfig>();

  async create(_target: Target, { taskId, config }: CreatePushConfigRequest): Promise<PushConfig> {
    const { id = `push-${this.#configs.size + 1}`, url } = config;
    const kept = { taskId, id, url };
    this.#configs.set(`${taskId}/${id}`, kept);
    return kept;
  }

  async get(_target: Target, { taskId, id }: PushConfigIdRequest): Promise<PushConfig> {
    const [first] = await this.list(_target, taskId);
    const found = id === undefined ? first : this.#configs.get(`${taskId}/${id}`);
    if (found) return found;
    throw new ParleyError('NOT_FOUND', `Task ${taskId} has no push configuration ${id ?? ''}.`);
  }

  async list(_target: Target, taskId: string): Promise<readonly PushConfig[]> {
    return [...this.#configs.values()].filter((config) => config.taskId === taskId);
  }

  async remove(_target: Target, { taskId, id }: PushConfigIdRequest): Promise<void> {
    this.#configs.delete(`${taskId}/${id}`);
  }

  async listFailed(): Promise<readonly FailedWebhook[]> {
    return [];
  }

  async redrive(taskId: string, id: string): Promise<void> {
    throw new ParleyError('NOT_FOUND', `Task ${taskId} has no webhook ${id} that was given up.`);
  }
}

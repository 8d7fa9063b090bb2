import { isObject, type JsonObject, ParleyError } from '../../base/index.ts';

const pattern = /^tasks\/([^/]+)(?:\/pushNotificationConfigs\/([^/]+))?$/;

/** A2A 0.3's `name` as ids: of a task `id`, of a webhook `taskId` and `id`. INVALID_PARAMS when it is no such name. */
export function readName({ name, ...rest }: JsonObject): JsonObject {
  const [, task, config] = parse(name, 'name');
  return config === undefined ? { ...rest, id: task } : { ...rest, taskId: task, id: config };
}

/** A2A 0.3's `parent`: the task that webhooks belong to. A webhook to set comes with its id beside it. */
export function readParent({ parent, configId, config, ...rest }: JsonObject): JsonObject {
  const [, taskId] = parse(parent, 'parent');
  const own =
    isObject(config) && isObject(config['pushNotificationConfig']) ? config['pushNotificationConfig'] : undefined;
  if (own === undefined) return { ...rest, taskId };
  const id = typeof own['id'] === 'string' ? own['id'] : configId;
  return { ...rest, taskId, pushNotificationConfig: { ...own, ...(typeof id === 'string' && id !== '' && { id }) } };
}

function parse(text: unknown, field: string): RegExpExecArray {
  const found = typeof text === 'string' ? pattern.exec(text) : null;
  if (found) return found;
  const description = 'must be tasks/{id}, or tasks/{id}/pushNotificationConfigs/{id} for a webhook';
  throw new ParleyError('INVALID_PARAMS', `The field ${field} ${description}.`, {
    details: { violations: [{ field, description }] },
  });
}

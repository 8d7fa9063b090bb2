import { hasCode } from '../base/index.ts';
import type { Log, TopicSettings } from './port.ts';

/** Creates the topic when it is not there; one that is there stays as it is. */
export async function ensureTopic(
  log: Pick<Log, 'createTopic' | 'describeTopic'>,
  topic: TopicSettings,
): Promise<void> {
  if ((await log.describeTopic(topic.name)) !== undefined) return;
  try {
    await log.createTopic(topic);
  } catch (thrown) {
    // Somebody else was faster.
    if (!hasCode(thrown, 'CONFLICT')) throw thrown;
  }
}

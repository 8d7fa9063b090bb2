/** Keys of existing Redis agents, which have no prefix of ours: what they read and write. */
export const agentKey = (id: string): string => `agent:${id}`;
/** The list that an agent takes its messages from: producers LPUSH, agents RPOP or BRPOP. */
export const queueKey = (id: string): string => `queue:${id}`;
/** Says that somebody waits for the answer to a task. */
export const correlationKey = (taskId: string): string => `a2a_correlation:${taskId}`;

/** What a bridge knows of one assignment that it has sent. */
export const callKey = (taskId: string): string => `parley:bridge:call:${taskId}`;
/** Ids of the assignments that an agent was sent and has not answered. */
export const openCallsKey = (agentId: string): string => `parley:bridge:calls:${agentId}`;
/** Messages that a node has taken from a queue and not yet dealt with. */
export const holdingKey = (queueId: string, nodeId: string): string => `parley:bridge:held:${queueId}:${nodeId}`;
/** Messages of which nothing could be made, newest first. */
export const lettersKey = 'parley:bridge:letters';
/** Agents that were switched on or off by hand. */
export const switchesKey = 'parley:bridge:switches';

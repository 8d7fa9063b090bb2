export { RedisA2ABridge, type RunningBridge } from './bridge.ts';
export { readAssignment } from './messages/from-assignment.ts';
export { readResult } from './messages/from-result.ts';
export {
  formatTaskMessage,
  parseTaskMessage,
  type TaskMessage,
  type TaskMessageType,
} from './messages/task-message.ts';
export type { BridgeOptions, BridgeSettings } from './options.ts';
export type { A2ARequest, BridgeAgent, BridgeView, DiscoveredAgent, RedisBridge } from './port.ts';
export type { Letter, LetterKind } from './queues/letters.ts';

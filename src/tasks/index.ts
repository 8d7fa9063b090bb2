export type { CallContext, SequencedItem, Target, TaskService } from './port.ts';

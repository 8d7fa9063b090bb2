import { groupContract } from './log-contract/group-contract.ts';
import { recordContract } from './log-contract/record-contract.ts';
import { replayContract } from './log-contract/replay-contract.ts';
import { createLogTest, type LogContractOptions, type OpenLogSubject } from './log-contract/subject.ts';
import { topicContract } from './log-contract/topic-contract.ts';

/** Registers the tests of everything that the log's port guarantees; `open` makes a log for each. */
export function logContract(name: string, open: OpenLogSubject, options: LogContractOptions = {}): void {
  const logTest = createLogTest(name, open, options);
  recordContract(logTest);
  topicContract(logTest);
  groupContract(logTest);
  replayContract(logTest);
}

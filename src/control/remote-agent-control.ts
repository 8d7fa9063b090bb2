import { ParleyError } from '../base/index.ts';
import type { RemoteAgentView } from '../registry/index.ts';
import type { NewRemoteAgent } from './remote-agents/remote-agent-book.ts';

/** Agents that run elsewhere. Errors: as RemoteAgentBook has them. */
export interface RemoteAgentControl {
  list(): readonly RemoteAgentView[];
  add(agent: NewRemoteAgent): Promise<RemoteAgentView>;
  remove(id: string): Promise<void>;
}

/** Use cases over the book; undefined: this node keeps none. */
export function createRemoteAgentControl(book: RemoteAgentControl | undefined): RemoteAgentControl {
  return (
    book ?? {
      list: () => [],
      add: async () => refuse(),
      remove: async () => refuse(),
    }
  );
}

function refuse(): never {
  throw new ParleyError('UNSUPPORTED_OPERATION', 'This node keeps no agents that run elsewhere.');
}

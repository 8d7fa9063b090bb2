import type { EndState, ExecutionEvent } from '../../agents/index.ts';
import { ParleyError } from '../../base/index.ts';
import type { Artifact, Part } from '../../protocol/index.ts';

/** How an agent's work ended, in one piece. */
export interface CallOutcome {
  readonly state: EndState;
  /** Of a completed call its result, in order; of any other what the agent says about it. */
  readonly parts: readonly Part[];
  readonly artifacts: readonly Artifact[];
}

/** What a handler returned; what it sent on its way has other ids. */
const resultArtifactId = 'result';
/** A caller gets the answer in one piece, and so it is held in memory. */
const maxResultBytes = 100 * 1024 * 1024;

/**
 * Takes all events of a call. Throws what the executor throws; INVALID_AGENT_RESPONSE when it ends without an end,
 * UNSUPPORTED_OPERATION for a question, as nobody can answer it, PAYLOAD_TOO_LARGE.
 */
export async function collectResult(events: AsyncIterable<ExecutionEvent>): Promise<CallOutcome> {
  const artifacts = new Map<string, Artifact>();
  let outcome: CallOutcome | undefined;
  let bytes = 0;
  for await (const event of events) {
    if (event.kind === 'ask') throw nobodyToAsk();
    if (event.kind === 'status') continue;
    bytes += sizeOf(event.kind === 'artifact' ? event.artifact.parts : (event.parts ?? []));
    if (bytes > maxResultBytes) throw tooLarge();
    if (event.kind === 'artifact') addArtifact(artifacts, event);
    else outcome = conclude(event, [...artifacts.values()]);
  }
  if (outcome === undefined) throw new ParleyError('INVALID_AGENT_RESPONSE', 'The agent ended without a result.');
  return outcome;
}

type ArtifactEvent = Extract<ExecutionEvent, { kind: 'artifact' }>;
type LastEvent = Extract<ExecutionEvent, { kind: 'reply' | 'end' }>;

function addArtifact(artifacts: Map<string, Artifact>, { artifact, append }: ArtifactEvent): void {
  const known = append ? artifacts.get(artifact.artifactId) : undefined;
  const parts = known ? [...known.parts, ...artifact.parts] : artifact.parts;
  artifacts.set(artifact.artifactId, { ...known, ...artifact, parts });
}

function conclude(event: LastEvent, artifacts: readonly Artifact[]): CallOutcome {
  if (event.kind === 'reply') return { state: 'completed', parts: event.parts, artifacts };
  const { state, parts: said = [] } = event;
  const returned = artifacts.filter(({ artifactId }) => artifactId === resultArtifactId);
  const made = (returned.length > 0 ? returned : artifacts).flatMap(({ parts }) => parts);
  return { state, parts: state === 'completed' && made.length > 0 ? made : said, artifacts };
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => {
    if ('raw' in part) return sum + part.raw.length;
    if ('text' in part) return sum + part.text.length;
    return sum + ('data' in part ? JSON.stringify(part.data).length : 0);
  }, 0);
}

function nobodyToAsk(): ParleyError {
  const message =
    'The agent asks for input, and a call without a task cannot give it any. Send the call as an A2A message instead.';
  return new ParleyError('UNSUPPORTED_OPERATION', message);
}

function tooLarge(): ParleyError {
  const message = `The agent's result is over ${maxResultBytes} bytes. Send the call as an A2A message, which can be streamed.`;
  return new ParleyError('PAYLOAD_TOO_LARGE', message);
}

import { type CallResult, formatResultText } from '../../control/index.ts';

/** What is said of a call that did not succeed: the agent's own words, if it had any. */
export function formatFailureText({ agentId, state, parts }: CallResult): string {
  const said = parts.length === 0 ? '' : formatResultText(parts);
  return said === '' ? `Agent ${agentId} ended the call as ${state}.` : said;
}

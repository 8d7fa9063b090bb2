/** The market bids by the rules in agent.yaml; this is what the agent says of itself when it is asked. */
export function terms() {
  return { capabilities: ['data_processing', 'analysis', 'reporting'], from: 30, to: 150 };
}

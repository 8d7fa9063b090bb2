/** Puts the text out to tender under this agent's name, and answers with what came of it. */
export async function tender(input, context) {
  if (!input.text) return { status: 'error', message: 'Say what is to be done.' };
  const cost = input.proposed_cost ?? 75;
  await context.status(`Asking the market for "${input.text}", at ${cost}`);
  const answer = await context.call('market', { description: input.text, requester: 'requester', proposed_cost: cost });
  return answer.data ?? answer.text;
}

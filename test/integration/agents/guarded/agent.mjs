export const whoami = (_input, { caller }) => ({ id: caller.id, roles: caller.roles });

/** Calls a skill of another agent for the caller. */
export async function pass({ agent, skill }, context) {
  const { data } = await context.call(agent, {}, { skill });
  return { from: agent, data };
}

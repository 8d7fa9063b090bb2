/** Asks at the terminal; undefined when the person declines. */
export async function askPerson(question: string): Promise<string | undefined> {
  // Loaded here: only this needs it.
  const { isCancel, text } = await import('@clack/prompts');
  const answer = await text({ message: question, output: process.stderr });
  return isCancel(answer) || answer === '' ? undefined : answer;
}

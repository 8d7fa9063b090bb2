/**
 * What callers get when they call __NAME__.
 *
 * input: the caller's data, text as `text`, files as `files` ({name, type, bytes}).
 * context: task, caller, signal, log, status(), artifact(), ask(), call(agent, input).
 * A returned string is text, an object is data, {name, type, bytes} a file; what a generator yields is streamed.
 */
export async function greet(input, context) {
  const name = input.text ?? (await context.ask('What is your name?')).text;
  context.log.info('greeting %s', name);
  return `Hello ${name}, this is __NAME__.`;
}

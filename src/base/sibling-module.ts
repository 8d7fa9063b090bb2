/**
 * The URL of a module that is started by name (a thread, a child process) and lies beside the caller's own:
 * `.ts` when run from source, `.js` in the published form.
 */
export function siblingModule(callerUrl: string, name: string): URL {
  const extension = callerUrl.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./${name}${extension}`, callerUrl);
}

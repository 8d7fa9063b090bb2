import { ParleyError } from '../../base/index.ts';
import type { CodeEdit } from '../../registry/index.ts';

const shownCharacters = 200;

/**
 * The code with its lines replaced; a new line may be several, or empty. INVALID_PARAMS, and nothing is changed, when a line
 * does not exist, is named twice, or does not hold what the edit says it holds.
 */
export function applyEdits(code: string, edits: readonly CodeEdit[]): string {
  const lines = code.split(/\r?\n/);
  const replaced = new Map<number, string>();
  for (const edit of edits) {
    checkEdit(lines, edit);
    if (replaced.has(edit.lineNumber)) throw refuse(edit, 'is named by two edits. Name each line once');
    replaced.set(edit.lineNumber, withoutLineEnd(edit.newLine));
  }
  return lines.map((line, index) => replaced.get(index + 1) ?? line).join('\n');
}

function checkEdit(lines: readonly string[], edit: CodeEdit): void {
  const line = lines[edit.lineNumber - 1];
  if (line === undefined) throw refuse(edit, `does not exist: the code has ${lines.length} lines, counted from 1`);
  if (line === withoutLineEnd(edit.oldLine)) return;
  const [held, said] = [line, withoutLineEnd(edit.oldLine)].map((text) =>
    JSON.stringify(text.slice(0, shownCharacters)),
  );
  throw refuse(edit, `holds ${held}, but old_line says ${said}. Send the line as it is`);
}

function withoutLineEnd(line: string): string {
  return line.replace(/\r?\n$/, '');
}

function refuse({ lineNumber }: CodeEdit, problem: string): ParleyError {
  const message = `The patch does not fit the session's last code: line ${lineNumber} ${problem}. Nothing was run.`;
  return new ParleyError('INVALID_PARAMS', message, { details: { lineNumber } });
}

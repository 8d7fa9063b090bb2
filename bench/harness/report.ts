import { figure, table } from './format.ts';
import type { Machine } from './machine.ts';
import { type Answer, type Bar, isReached, type Question } from './question.ts';

/** The answer to one question as Markdown: the table and the bars. */
export function formatAnswer(question: Question, answer: Answer): string {
  const parts = [
    `## ${question.id}: ${question.title}`,
    table(answer.columns, answer.rows),
    ...(answer.bars.length === 0 ? [] : [table(['bar', 'measured', 'wanted', 'reached'], answer.bars.map(formatBar))]),
    ...(answer.notes ?? []),
  ];
  return parts.join('\n\n');
}

/** One paragraph on the machine and the versions. */
export function formatMachine(machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const { date, cpu, memoryGb, system, load, commit } = machine;
  return `${date}, commit ${commit}. ${cpu}, ${memoryGb} GB, ${system}, load before the start ${load}. ${versions.join(', ')}.`;
}

function formatBar(bar: Bar): readonly string[] {
  const wanted = bar.atLeast === undefined ? `≤ ${figure(bar.atMost ?? 0)}` : `≥ ${figure(bar.atLeast)}`;
  return [bar.what, figure(bar.value), wanted, isReached(bar) ? 'yes' : '**no**'];
}

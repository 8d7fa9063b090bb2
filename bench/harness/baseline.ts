import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { figure } from './format.ts';
import type { Machine } from './machine.ts';
import type { Samples } from './question.ts';
import { median } from './statistics.ts';

interface Baseline {
  readonly machine: Machine;
  /** Medians by question and name. */
  readonly figures: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const file = new URL('../baseline.json', import.meta.url);
const worthNaming = 0.15;

/** A sentence on what differs by more than 15 % from the kept baseline. Another machine's figures differ for that alone. */
export function compareWithBaseline(id: string, samples: Samples): string {
  const kept = readBaseline()?.figures[id];
  if (kept === undefined) return '';
  const changes = Object.entries(samples).flatMap(([name, values]) => describeChange(name, kept[name], median(values)));
  return `Against the baseline: ${changes.join('; ') || 'nothing changed by more than 15 %'}.`;
}

/** Keeps the medians of these answers as the baseline; what other questions have there stays. */
export function keepBaseline(machine: Machine, answers: Readonly<Record<string, Samples>>): void {
  const figures = Object.entries(answers).map(([id, samples]) => [id, mediansOf(samples)]);
  const kept = { ...readBaseline()?.figures, ...Object.fromEntries(figures) };
  writeFileSync(file, `${JSON.stringify({ machine, figures: kept }, undefined, 2)}\n`);
}

function describeChange(name: string, before: number | undefined, now: number): readonly string[] {
  if (before === undefined || Math.abs(now / before - 1) <= worthNaming) return [];
  return [`${name} ${figure(before)} → ${figure(now)}`];
}

function mediansOf(samples: Samples): Record<string, number> {
  return Object.fromEntries(
    Object.entries(samples).map(([name, values]) => [name, Number(median(values).toPrecision(4))]),
  );
}

function readBaseline(): Baseline | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Baseline) : undefined;
}

import { formatReport } from './format-report.mjs';

/** Asks the analyst about a CSV file and writes a report from what it answers. */
export async function report(input, context) {
  const [table] = input.files ?? [];
  if (table === undefined) return { status: 'error', message: 'There is no table: send a CSV file.' };
  const name = table.name ?? 'the table';

  await context.status(`Asking the analyst about ${name}`);
  const analysis = await context.call('analyst', { files: [table] });

  await context.status('Writing the report');
  const text = formatReport(name, analysis.data);
  await context.artifact({ name: 'report.md', description: `Report on ${name}`, text });
  for (const chart of analysis.files) {
    await context.artifact({ name: 'chart', bytes: chart.bytes, filename: chart.name, mediaType: chart.type });
  }
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** The analyst's answer as Markdown. */
export function formatReport(name, { rows, columns }) {
  const entries = Object.entries(columns);
  return [
    `# Report on ${name}`,
    '',
    `${number.format(rows)} rows, ${entries.length} ${entries.length === 1 ? 'column' : 'columns'} of numbers.`,
    '',
    '| column | count | mean | median | st. dev. | least | greatest |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...entries.map(([column, figures]) => formatRow(column, figures)),
    '',
    ...entries.flatMap(([column, figures]) => findRemarks(column, figures, rows)),
    '',
  ].join('\n');
}

function formatRow(column, { count, mean, median, stdev, min, max }) {
  const cells = [count, mean, median, stdev, min, max].map((value) => (value === null ? '–' : number.format(value)));
  return `| ${column.replaceAll('|', '\\|')} | ${cells.join(' | ')} |`;
}

/** What stands out in a column: cells that are empty, values that are far from even. */
function findRemarks(column, { count, mean, median, stdev }, rows) {
  const remarks = [];
  if (count < rows) remarks.push(`- **${column}** is empty in ${rows - count} of ${rows} rows.`);
  if (stdev !== null && Math.abs(mean - median) > stdev / 2) {
    remarks.push(`- **${column}** is uneven: its mean lies well ${mean > median ? 'above' : 'below'} its median.`);
  }
  return remarks;
}

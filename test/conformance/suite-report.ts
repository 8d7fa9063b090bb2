/** What one test of the suite came to. */
export interface SuiteResult {
  /** `file::class::name`, without the folder. */
  readonly id: string;
  /** Of the table: a binding, or what a run of the suite gave. */
  readonly row: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly message: string;
}

/** Reads a JUnit report as pytest writes it. */
export function readReport(xml: string): readonly SuiteResult[] {
  const cases = xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return [...cases].map(([, folder = '', name = '', inner = '']) => {
    const id = `${folder.split('.').slice(2).join('.')}::${decode(name)}`;
    const message = /message="([^"]*)"/.exec(inner)?.[1] ?? '';
    return { id, row: bindingOf(id), outcome: outcomeOf(inner), message: decode(message) };
  });
}

function outcomeOf(inner: string): SuiteResult['outcome'] {
  if (/<(failure|error)\b/.test(inner)) return 'failed';
  return /<skipped\b/.test(inner) ? 'skipped' : 'passed';
}

function bindingOf(id: string): string {
  if (/grpc/i.test(id)) return 'gRPC';
  if (/json_?rpc/i.test(id)) return 'JSON-RPC';
  return /http_json|rest/i.test(id) ? 'HTTP+JSON' : 'card and others';
}

function decode(text: string): string {
  const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => names[name] ?? '').replace(/&#10;/g, ' ');
}

/** The table of docs/conformance.md. */
export function formatReport(results: readonly SuiteResult[]): string {
  const names = [...new Set(results.map(({ row }) => row))].sort();
  const rows = [...names, 'all'].map((name) => {
    const own = results.filter(({ row }) => name === 'all' || row === name);
    const counts = ['passed', 'failed', 'skipped'].map(
      (outcome) => own.filter((result) => result.outcome === outcome).length,
    );
    return `| ${[name, ...counts].join(' | ')} |`;
  });
  return ['| | passed | failed | skipped |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

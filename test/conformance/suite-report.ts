/** What one test of the suite came to. */
export interface SuiteResult {
  /** `file::class::name`, without the folder. */
  readonly id: string;
  readonly binding: 'JSON-RPC' | 'HTTP+JSON' | 'gRPC' | 'card and others';
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly message: string;
}

/** Reads a JUnit report as pytest writes it. */
export function readReport(xml: string): readonly SuiteResult[] {
  const cases = xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g);
  return [...cases].map(([, folder = '', name = '', inner = '']) => {
    const id = `${folder.split('.').slice(2).join('.')}::${decode(name)}`;
    const message = /message="([^"]*)"/.exec(inner)?.[1] ?? '';
    return { id, binding: bindingOf(id), outcome: outcomeOf(inner), message: decode(message) };
  });
}

function outcomeOf(inner: string): SuiteResult['outcome'] {
  if (/<(failure|error)\b/.test(inner)) return 'failed';
  return /<skipped\b/.test(inner) ? 'skipped' : 'passed';
}

function bindingOf(id: string): SuiteResult['binding'] {
  if (/grpc/i.test(id)) return 'gRPC';
  if (/json_?rpc/i.test(id)) return 'JSON-RPC';
  return /http_json|rest/i.test(id) ? 'HTTP+JSON' : 'card and others';
}

function decode(text: string): string {
  const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => names[name] ?? '').replace(/&#10;/g, ' ');
}

const bindings = ['JSON-RPC', 'HTTP+JSON', 'gRPC', 'card and others'] as const;

/** The table of docs/conformance.md. */
export function formatReport(results: readonly SuiteResult[]): string {
  const count = (binding: string, outcome: string): number =>
    results.filter((result) => (binding === 'all' || result.binding === binding) && result.outcome === outcome).length;
  const rows = [...bindings, 'all'].map((binding) => {
    const counts = ['passed', 'failed', 'skipped'].map((outcome) => count(binding, outcome));
    return `| ${[binding, ...counts].join(' | ')} |`;
  });
  return ['| binding | passed | failed | skipped |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

import { isObject } from '../../base/index.ts';
import { type BaseModule, baseModules } from './base-packages.ts';
import { createEnvironmentError } from './environment-error.ts';
import { type InstallerHost, runInstaller } from './run-installer.ts';

/** What an interpreter says of itself. */
export interface PythonFacts {
  /** The real path; what was asked may be a shim. */
  readonly executable: string;
  /** `cpython 3.11.7 x86_64…`: environments of one are of no use to another. */
  readonly identity: string;
  readonly modules: ReadonlySet<BaseModule>;
  /** Folders from which it imports what was installed into it. */
  readonly sites: readonly string[];
  /** Its own pip can install into other environments. */
  readonly pip: boolean;
  readonly ensurepip: boolean;
}

const script = `
import importlib.util, json, platform, sys, sysconfig
def there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:
        return False
def pip():
    try:
        from importlib.metadata import version
        return [int(n) for n in version('pip').split('.')[:2]] >= [22, 3]
    except Exception:
        return False
print(json.dumps({'executable': sys.executable, 'pip': pip(), 'ensurepip': there('ensurepip'),
    'identity': ' '.join([platform.python_implementation(), platform.python_version(), sysconfig.get_platform(), sys.prefix]),
    'sites': [path for path in sys.path if path.endswith(('site-packages', 'dist-packages'))],
    'modules': [name for name in sys.argv[1:] if there(name)]}))
`;

/** Asks the interpreter, in one short process. ENVIRONMENT_FAILED when it cannot be run or can make no environments. */
export async function askInterpreter(host: InstallerHost, python: string, cwd: string): Promise<PythonFacts> {
  const args = ['-c', script, ...baseModules];
  const end = await runInstaller(host, { command: python, args, cwd, onLine: () => {} });
  const value = end.good ? parse(end.lines.at(-1) ?? '') : undefined;
  if (value === undefined) {
    throw createEnvironmentError(
      `The Python interpreter ${python} cannot be asked what it is (${end.why}); name a working one in workers.python.`,
      end.lines,
    );
  }
  return value;
}

function parse(line: string): PythonFacts | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isObject(value) || typeof value['executable'] !== 'string' || !Array.isArray(value['modules']))
      return undefined;
    const modules = new Set(baseModules.filter((name) => (value['modules'] as unknown[]).includes(name)));
    const { executable, identity, pip, ensurepip, sites } = value;
    return {
      executable,
      identity: String(identity),
      modules,
      sites: Array.isArray(sites) ? sites.map(String) : [],
      pip: pip === true,
      ensurepip: ensurepip === true,
    };
  } catch {
    return undefined;
  }
}

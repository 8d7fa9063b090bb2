import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A wheel is a zip with three files of metadata. */
const script = `
import sys, zipfile
folder, name, version, code, requires = sys.argv[1:]
info = f'{name}-{version}.dist-info'
with zipfile.ZipFile(f'{folder}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
    wheel.writestr(f'{name}/__init__.py', code)
    needs = f'Requires-Dist: {requires}\\n' if requires else ''
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{needs}')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/RECORD', ''.join(f'{file},,\\n' for file in wheel.namelist()))
`;

/** Source of a distribution that runs code of its own when it is built; no other package takes part. */
const sourceScript = `
import io, sys, tarfile
folder, name, touched = sys.argv[1:]
files = {
    'PKG-INFO': f'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n',
    'pyproject.toml': '[build-system]\\nrequires = []\\nbuild-backend = "backend"\\nbackend-path = ["."]\\n',
    'backend.py': f'''
import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    try:
        open({touched!r}, 'w').close()
    except OSError:
        pass
    file = '{name}-1.0-py3-none-any.whl'
    with zipfile.ZipFile(folder + '/' + file, 'w') as wheel:
        wheel.writestr('{name}/__init__.py', 'word = "built"\\\\nuid = ' + str(os.getuid()))
        wheel.writestr('{name}-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\\\nName: {name}\\\\nVersion: 1.0\\\\n')
        wheel.writestr('{name}-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\\\nRoot-Is-Purelib: true\\\\nTag: py3-none-any\\\\n')
        wheel.writestr('{name}-1.0.dist-info/RECORD', '')
    return file
''',
}
with tarfile.open(f'{folder}/{name}-1.0.tar.gz', 'w:gz') as archive:
    for path, text in files.items():
        data = text.encode()
        entry = tarfile.TarInfo(f'{name}-1.0/{path}')
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
`;

export interface WheelOptions {
  readonly folder: string;
  readonly name: string;
  /** Of its `__init__.py`. */
  readonly code: string;
  /** Another distribution that it needs. */
  readonly requires?: string;
}

/** Makes `name-1.0-py3-none-any.whl` in the folder. */
export function makeWheel({ folder, name, code, requires = '' }: WheelOptions): void {
  execFileSync('python3', ['-c', script, folder, name, '1.0', code, requires]);
}

/** Makes `name-1.0.tar.gz` in the folder; returns the file that its build makes when it may. The module has a word, and the user who built it. */
export function makeSource(folder: string, name: string): string {
  const touched = join(folder, `${name}-was-built`);
  execFileSync('python3', ['-c', sourceScript, folder, name, touched]);
  return touched;
}

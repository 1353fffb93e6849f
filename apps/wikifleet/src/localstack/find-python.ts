import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '@wikifleet/domain/errors';

const run = promisify(execFile);

/** Exit code 0 from a Python that LocalStack 4.14 can be installed with; Debian splits `venv` off its Python. */
const probe = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))';

/** The versions for which every pinned requirement has a wheel come first. */
const names = ['python3.13', 'python3.12', 'python3', 'python', 'python3.14'];

/**
 * An interpreter of Python 3.12 or newer that can make virtual environments: `chosen` or none where that is given, else
 * the first on the PATH, else the newest of pyenv. A `UsageError` says what to do where there is none.
 */
export async function findPython(environment: NodeJS.ProcessEnv, chosen?: string): Promise<string> {
  const candidates = chosen === undefined ? [...names, ...(await pyenvPythons(environment))] : [chosen];
  for (const candidate of candidates) {
    if (await serves(candidate, environment)) return candidate;
  }
  throw new UsageError(
    'NO_PYTHON',
    chosen === undefined
      ? 'LocalStack 4.14.0 needs Python 3.12 or newer with its venv module, and none was found: install one ' +
          '(pyenv install 3.13, or apt-get install python3-venv where python3 is new enough), or say --python PATH'
      : `--python: expected Python 3.12 or newer with its venv module, received '${chosen}'`,
  );
}

async function serves(candidate: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    await run(candidate, ['-c', probe], { env: environment, timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** Those that pyenv has installed but not selected: 3.13 and 3.12 before newer ones, in each the newest first. */
async function pyenvPythons(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const root = environment['PYENV_ROOT'] ?? join(environment['HOME'] ?? '/', '.pyenv');
  const versions = await readdir(join(root, 'versions')).catch(() => []);
  const wanted = versions
    .filter((version) => /^3\.(1[2-9]|[2-9]\d)\.\d+$/.test(version))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  const known = wanted.filter((version) => /^3\.1[23]\./.test(version));
  return [...known, ...wanted.filter((version) => !known.includes(version))].map((version) =>
    join(root, 'versions', version, 'bin', 'python'),
  );
}

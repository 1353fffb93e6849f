import { execFile } from 'node:child_process';
import { access, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '@wikifleet/domain/errors';
import { versionOf } from './measure.js';

/** Programs of others that a run compares with; null where one is not here, and `missing` says why. */
export interface Peers {
  readonly bzip2: string | null;
  readonly lbzip2: string | null;
  readonly zstd: string | null;
  readonly seekBzip: boolean;
  /** A Python that has lxml; with `--peers` mwxml and wikiextractor too. */
  readonly python: string | null;
  readonly others: boolean;
  readonly wikrs: string | null;
  readonly missing: readonly string[];
}

const LXML = 'lxml==6.1.3';
const PYTHON_PEERS = ['mwxml==0.3.8', 'wikiextractor==3.1.0'];
const WIKRS = '0.4.0';
/** What these versions are, for the report. */
export const PEER_VERSIONS = {
  lxml: '6.1.3',
  mwxml: '0.3.8',
  wikiextractor: '3.1.0',
  wikrs: WIKRS,
  'seek-bzip': '2.0.0',
};
const INSTALL_MS = 20 * 60_000;

const run = promisify(execFile);

/** Finds what is here, and installs what is pinned into the cache: lxml always, the others where they are asked for. */
export async function findPeers(cache: string, all: boolean, say: (line: string) => void): Promise<Peers> {
  const folder = join(cache, 'peers');
  const missing: string[] = [];
  const attempt = async <T>(name: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      missing.push(`${name}: ${messageOf(error).trim().split('\n').at(-1)}`);
      return null;
    }
  };
  const here = async (file: string, ...args: string[]): Promise<string | null> => {
    const version = await versionOf(file, ...args);
    if (version === null) missing.push(`${file}: not on this machine`);
    return version === null ? null : file;
  };
  await mkdir(folder, { recursive: true });
  const python = await attempt('lxml', async () => await pythonWith('lxml', [LXML], folder, say));
  const others =
    all && python !== null
      ? await attempt('mwxml, wikiextractor', async () => await pythonWith('mwxml', PYTHON_PEERS, folder, say))
      : null;
  return {
    bzip2: await here('bzip2', '--help'),
    lbzip2: await here('lbzip2', '--version'),
    zstd: await here('zstd', '--version'),
    seekBzip: (await attempt('seek-bzip', async () => await seekBzip())) !== null,
    python,
    others: others !== null,
    wikrs: all ? await attempt('wikrs', async () => await wikrs(folder, say)) : null,
    missing,
  };
}

async function seekBzip(): Promise<string> {
  return await Promise.resolve(createRequire(import.meta.url).resolve('seek-bzip'));
}

/** The Python of a virtual environment in which `module` can be imported. */
async function pythonWith(
  module: string,
  packages: readonly string[],
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  const environment = join(folder, 'python');
  const python = join(environment, 'bin', 'python');
  if ((await versionOf(python, '-c', `import ${module}`)) !== null) return python;
  say(`installing ${packages.join(', ')} into ${environment}`);
  if ((await versionOf(python, '--version')) === null) await run('python3', ['-m', 'venv', environment]);
  const options = { timeout: INSTALL_MS };
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], options);
  return python;
}

async function wikrs(folder: string, say: (line: string) => void): Promise<string> {
  const root = join(folder, `wikrs-${WIKRS}`);
  const program = join(root, 'bin', 'wikrs');
  try {
    await access(program);
    return program;
  } catch {
    say(`building wikrs ${WIKRS} into ${root}`);
  }
  const target = join(folder, 'wikrs-build');
  const args = ['install', 'wikrs', '--version', WIKRS, '--locked', '--root', root, '--target-dir', target];
  await run('cargo', args, { timeout: INSTALL_MS, maxBuffer: 2 ** 26 });
  await rm(target, { recursive: true, force: true });
  return program;
}

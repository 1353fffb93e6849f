import { createHash } from 'node:crypto';
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runGroup } from './child-group.js';
import { findPython } from './find-python.js';

export interface InstallOptions {
  /** The folder that holds one virtual environment for each set of requirements. */
  readonly cache: string;
  /** The file of pinned requirements. */
  readonly requirements: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly python: string | undefined;
  readonly signal: AbortSignal;
  /** One line of progress. */
  say(line: string): void;
}

/** What a killed installation left is deleted after this long: no installation takes it. In milliseconds. */
const abandonedAfter = 2 * 3600 * 1000;

/**
 * The virtual environment that holds exactly these requirements, made where it is missing. It is built in a folder of its
 * own (a virtual environment cannot be moved: its programs name their interpreter by path) and becomes visible whole, as
 * a symbolic link to it, so a run that is killed leaves no half and two at the same time do not disturb each other.
 */
export async function installLocalstack(options: InstallOptions): Promise<string> {
  const requirements = await readFile(options.requirements);
  const ready = join(options.cache, `ready-${createHash('sha256').update(requirements).digest('hex').slice(0, 16)}`);
  // Without the interpreter it was made with, the link in bin/ leads nowhere
  if (await runs(ready)) return ready;
  const python = await findPython(options.environment, options.python);
  await mkdir(options.cache, { recursive: true });
  await removeAbandoned(options.cache);
  options.say(`installing LocalStack 4.14.0 with ${python} into ${options.cache} (once; a minute or two, 500 MB)`);
  const built = await mkdtemp(join(options.cache, 'venv-'));
  try {
    const child = { env: options.environment, signal: options.signal };
    await runGroup(python, ['-m', 'venv', built], child);
    const install = ['install', '--quiet', '--disable-pip-version-check', '--no-input', '--requirement'];
    await runGroup(join(built, 'bin', 'pip'), [...install, options.requirements], child);
    return await publish(built, ready);
  } catch (error) {
    await rm(built, { recursive: true, force: true });
    throw error;
  }
}

/** Points `ready` at the new environment; where another run was first, its environment serves and ours goes. */
async function publish(built: string, ready: string): Promise<string> {
  if (await runs(ready)) {
    await rm(built, { recursive: true, force: true });
    return ready;
  }
  const link = `${built}.link`;
  await symlink(basename(built), link);
  await rename(link, ready);
  return ready;
}

async function runs(venv: string): Promise<boolean> {
  return access(join(venv, 'bin', 'python'), constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function removeAbandoned(cache: string): Promise<void> {
  const used = new Set<string>();
  const entries = await readdir(cache, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.isSymbolicLink()) used.add(await readlink(join(cache, entry.name)));
  }
  for (const entry of entries) {
    const path = join(cache, entry.name);
    if (!entry.name.startsWith('venv-') || used.has(entry.name)) continue;
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > abandonedAfter) await rm(path, { recursive: true, force: true });
  }
}

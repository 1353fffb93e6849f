import { start } from '../end-to-end/programs.js';
import type { Ended } from '../end-to-end/programs.js';

const WATCH = new URL('./watch-memory.js', import.meta.url).href;

export interface Watched extends Ended {
  /** The largest resident set, in bytes. */
  readonly peak: number;
}

/** Runs a program to its end, and says how much memory it took. What it says of that is not in `stderr`. */
export async function runWatched(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Watched> {
  const ended = await start(program, args, { ...env, NODE_OPTIONS: `--import=${WATCH}` }).ended;
  const peaks = [...ended.stderr.matchAll(/^peak (\d+)$/gm)].map(([, kilobytes]) => 1024 * Number(kilobytes));
  if (peaks.length === 0) throw new Error(`${program} did not say how much memory it took: ${ended.stderr}`);
  return { ...ended, stderr: ended.stderr.replaceAll(/^peak \d+\n/gm, ''), peak: Math.max(...peaks) };
}

/** For whoever wants the figures: `WIKIFLEET_SHOW_MEMORY=1`. */
export function showMemory(what: string, bytes: number): void {
  if (process.env['WIKIFLEET_SHOW_MEMORY'] !== undefined) console.log(`      ${Math.round(bytes / 1e6)} MB: ${what}`);
}

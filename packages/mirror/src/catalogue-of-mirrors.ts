import { setTimeout } from 'node:timers/promises';
import { PermanentError, UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { errorOfMirrors, notFound } from './mirror-error.js';
import type { Mirror, MirrorEntry } from './mirror.js';
import type { KnownMirror } from './open-mirrors.js';

/** The status of the largest wiki has 1 MB; a sums file of 100,000 names 13 MB. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;

/** What a catalogue is read from (`CatalogueSource` of the catalogue): null means that the thing is not there. */
export interface MirrorsCatalogue {
  fetchText<T>(path: string, parse: (text: string) => T): Promise<T | null>;
  list(path: string): Promise<readonly MirrorEntry[] | null>;
  listings(path: string): Promise<readonly ListingOfMirror[]>;
  size(path: string): Promise<number | null>;
  wait(milliseconds: number): Promise<void>;
}

/** What one mirror lists in a folder; `entries` null where it has no such folder, or (`problem`) could not be listed. */
export interface ListingOfMirror {
  readonly mirror: string;
  readonly entries: readonly MirrorEntry[] | null;
  readonly problem: string | null;
}

/** An answer that was cut or garbled is read so often from one mirror before the next one is asked. */
export const MAX_READS_OF_MIRROR = 3;
/** Before the second reading; twice as long before each further one. */
const FIRST_WAIT_MS = 500;

/**
 * The catalogue as the mirrors have it. Status and checksums come from those that the mirror file trusts with them
 * (`status`), or from all where it names none; each question goes to the mirrors in their order. What one does not have
 * the next may: it is absent when one answered so and none has it, and an error that names each mirror when none could be
 * asked. `onFailure` hears of every mirror that could not be asked, once.
 *
 * A text that cannot be parsed, and a transfer that was cut, are read again from the same mirror with exponential backoff, at most
 * `MAX_READS_OF_MIRROR` times, and then from the next mirror. Where a mirror has no other beside it, so is one that
 * stalls, is busy or cannot be reached. A text that no mirror gives in a form that can be parsed is an error, even where other mirrors do not have it.
 */
export function catalogueOfMirrors(
  known: readonly KnownMirror[],
  signal: AbortSignal,
  onFailure: (mirror: string, error: unknown) => void = () => {},
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void> = waitFor,
): MirrorsCatalogue {
  const all = known.map(({ mirror }) => mirror);
  if (all.length === 0)
    throw new UsageError('NO_MIRROR', 'the mirror file names no mirror that holds runs of this kind ("holds")');
  const trusted = known.filter(({ config }) => config.status).map(({ mirror }) => mirror);
  const forTexts = trusted.length > 0 ? trusted : all;
  const reported = new Set<string>();
  const readAgain = async <T>(read: () => Promise<T>, isAlone: boolean): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await read();
      } catch (error) {
        signal.throwIfAborted();
        if (attempt === MAX_READS_OF_MIRROR || !isWorthReadingAgain(error, isAlone)) throw error;
        await wait(FIRST_WAIT_MS * 2 ** (attempt - 1), signal);
      }
    }
  };
  const ask = async <T>(
    mirrors: readonly Mirror[],
    path: string,
    question: (mirror: Mirror) => Promise<T | null>,
  ): Promise<T | null> => {
    const failures = new Map<string, unknown>();
    const absent: string[] = [];
    for (const mirror of mirrors) {
      try {
        const answer = await readAgain(async () => await question(mirror), mirrors.length === 1);
        if (answer !== null) return reportAll(failures, answer);
        absent.push(mirror.name);
      } catch (error) {
        signal.throwIfAborted();
        failures.set(mirror.name, error);
      }
    }
    const isDamaged = [...failures.values()].some(isDamagedText);
    if (failures.size > 0 && (absent.length === 0 || isDamaged)) {
      const others = absent.map((name) => [name, notFound(`${name}: ${path}`)] as const);
      throw errorOfMirrors(new Map([...others, ...failures]));
    }
    return reportAll(failures, null);
  };
  const reportAll = <T>(failures: ReadonlyMap<string, unknown>, answer: T): T => {
    for (const [name, error] of failures) {
      if (!reported.has(name)) onFailure(name, error);
      reported.add(name);
    }
    return answer;
  };
  return {
    fetchText: async (path, parse) =>
      // an object, because what `parse` returns may be null
      (
        await ask(forTexts, path, async (mirror) => {
          const text = await mirror.readText(path, { maxBytes: MAX_TEXT_BYTES, signal });
          return text === null ? null : { parsed: parseText(mirror, text, parse) };
        })
      )?.parsed ?? null,
    list: async (path) => await ask(all, path, async (mirror) => await listed(mirror, path, signal)),
    listings: async (path) =>
      await Promise.all(
        all.map(async (mirror) => {
          try {
            const entries = await readAgain(async () => await listed(mirror, path, signal), all.length === 1);
            return { mirror: mirror.name, entries, problem: null };
          } catch (error) {
            signal.throwIfAborted();
            return { mirror: mirror.name, entries: null, problem: messageOf(error) };
          }
        }),
      ),
    size: async (path) => await ask(all, path, async (mirror) => await mirror.size(path, { signal })),
    wait: async (milliseconds) => await wait(milliseconds, signal),
  };
}

const waitFor = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  await setTimeout(milliseconds, undefined, { signal });
};

/** A text that came and cannot be parsed: it was damaged on its way, or the mirror holds it so. */
class DamagedText extends PermanentError {}

function parseText<T>(mirror: Mirror, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const { code, message, place, expected, received } = error;
    const options = {
      ...(place === undefined ? {} : { place }),
      ...(expected === undefined ? {} : { expected }),
      ...(received === undefined ? {} : { received }),
      cause: error,
    };
    throw new DamagedText(code, `${mirror.name}: ${message} (read ${MAX_READS_OF_MIRROR} times)`, options);
  }
}

function isDamagedText(error: unknown): boolean {
  if (error instanceof DamagedText) return true;
  // of `readText`: bytes that are no UTF-8
  return error instanceof Error && codeOf(error.cause) === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}

/** `isAlone`: no other mirror can be asked instead. */
function isWorthReadingAgain(error: unknown, isAlone: boolean): boolean {
  const code = codeOf(error);
  if (isDamagedText(error) || code === 'MIRROR_DROPPED') return true;
  return isAlone && (code === 'MIRROR_STALLED' || code === 'MIRROR_BUSY' || code === 'MIRROR_UNREACHABLE');
}

async function listed(mirror: Mirror, path: string, signal: AbortSignal): Promise<readonly MirrorEntry[] | null> {
  try {
    return await mirror.list(path, { signal });
  } catch (error) {
    if (codeOf(error) === 'MIRROR_NOT_FOUND') return null;
    throw error;
  }
}

import { UsageError, codeOf } from '@wikifleet/domain/errors';
import { errorOfMirrors } from './mirror-error.js';
import type { Mirror, MirrorEntry } from './mirror.js';
import type { KnownMirror } from './open-mirrors.js';

/** The status of the largest wiki has 1 MB; a sums file of 100,000 names 13 MB. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;

/** What a catalogue is read from (`CatalogueSource` of the catalogue): null means that the thing is not there. */
export interface MirrorsCatalogue {
  fetchText(path: string): Promise<string | null>;
  list(path: string): Promise<readonly MirrorEntry[] | null>;
  size(path: string): Promise<number | null>;
}

/**
 * The catalogue as the mirrors have it. Status and checksums come from those that the mirror file trusts with them
 * (`status`), or from all where it names none; each question goes to the mirrors in their order. What one does not have
 * the next may: it is absent when one answered so and none has it, and an error that names each mirror when none could be
 * asked. `onFailure` hears of every mirror that could not be asked, once.
 */
export function catalogueOfMirrors(
  known: readonly KnownMirror[],
  signal: AbortSignal,
  onFailure: (mirror: string, error: unknown) => void = () => {},
): MirrorsCatalogue {
  const all = known.map(({ mirror }) => mirror);
  if (all.length === 0)
    throw new UsageError('NO_MIRROR', 'the mirror file names no mirror that holds runs of this kind ("holds")');
  const trusted = known.filter(({ config }) => config.status).map(({ mirror }) => mirror);
  const forTexts = trusted.length > 0 ? trusted : all;
  const reported = new Set<string>();
  const ask = async <T>(
    mirrors: readonly Mirror[],
    question: (mirror: Mirror) => Promise<T | null>,
  ): Promise<T | null> => {
    const { answer, isAnswered, failures } = await askInOrder(mirrors, signal, question);
    if (!isAnswered && failures.size > 0) throw errorOfMirrors(failures);
    for (const [name, error] of failures) {
      if (!reported.has(name)) onFailure(name, error);
      reported.add(name);
    }
    return answer;
  };
  return {
    fetchText: async (path) =>
      await ask(forTexts, async (mirror) => await mirror.readText(path, { maxBytes: MAX_TEXT_BYTES, signal })),
    list: async (path) => await ask(all, async (mirror) => await listed(mirror, path, signal)),
    size: async (path) => await ask(all, async (mirror) => await mirror.size(path, { signal })),
  };
}

async function listed(mirror: Mirror, path: string, signal: AbortSignal): Promise<readonly MirrorEntry[] | null> {
  try {
    return await mirror.list(path, { signal });
  } catch (error) {
    if (codeOf(error) === 'MIRROR_NOT_FOUND') return null;
    throw error;
  }
}

async function askInOrder<T>(
  mirrors: readonly Mirror[],
  signal: AbortSignal,
  question: (mirror: Mirror) => Promise<T | null>,
): Promise<{ answer: T | null; isAnswered: boolean; failures: Map<string, unknown> }> {
  const failures = new Map<string, unknown>();
  for (const mirror of mirrors) {
    try {
      const answer = await question(mirror);
      if (answer !== null) return { answer, isAnswered: true, failures };
    } catch (error) {
      signal.throwIfAborted();
      failures.set(mirror.name, error);
    }
  }
  return { answer: null, isAnswered: failures.size < mirrors.length, failures };
}

import type { RowEncoding } from '@wikifleet/domain/row-values';
import { FastEngine } from '@wikifleet/mediawiki/fast-engine';
import { ReferenceEngine } from '@wikifleet/mediawiki/reference-engine';
import type { RowEngine } from '@wikifleet/mediawiki/row-engine';

/** What makes rows of XML; all give the same bytes. */
export const ENGINES = ['fast', 'reference'] as const;
export type Engine = (typeof ENGINES)[number];

const ENGINES_OF_THREAD = new Map<Engine, RowEngine>();

/**
 * The engine of this thread for rows as JSON. Conversions share it: it keeps nothing from one call to the next that
 * another conversion could see, and a new one for each small split would leave 3.4 MB of WebAssembly memory to the garbage
 * collector. Rows as values are views of an engine's memory, so each conversion has an engine of its own for them.
 */
export function engineOf(engine: Engine, encoding: RowEncoding): RowEngine {
  if (encoding !== 'json') return makeEngine(engine, encoding);
  const known = ENGINES_OF_THREAD.get(engine) ?? makeEngine(engine, encoding);
  ENGINES_OF_THREAD.set(engine, known);
  return known;
}

function makeEngine(engine: Engine, encoding: RowEncoding): RowEngine {
  switch (engine) {
    case 'fast':
      return new FastEngine(encoding);
    case 'reference':
      return new ReferenceEngine(encoding);
  }
}

export const DEFAULT_ENGINE: Engine = 'fast';

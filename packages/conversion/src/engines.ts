import type { RowEncoding } from '@wikifleet/domain/row-values';
import { FastEngine } from '@wikifleet/mediawiki/fast-engine';
import { ReferenceEngine } from '@wikifleet/mediawiki/reference-engine';
import type { RowEngine } from '@wikifleet/mediawiki/row-engine';

/** What makes rows of XML; all give the same bytes. */
export const ENGINES = ['fast', 'reference'] as const;
export type Engine = (typeof ENGINES)[number];

export function makeEngine(engine: Engine, encoding: RowEncoding): RowEngine {
  switch (engine) {
    case 'fast':
      return new FastEngine(encoding);
    case 'reference':
      return new ReferenceEngine(encoding);
  }
}

export const DEFAULT_ENGINE: Engine = 'fast';

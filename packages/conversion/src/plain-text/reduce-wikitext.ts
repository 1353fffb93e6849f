import { setImmediate } from 'node:timers/promises';
import { cutWikitext } from './cut-wikitext.js';
import type { ToPlainText } from './fenced-library.js';

/** UTF-16 units of a text: MediaWiki saves none of more than 2 MiB, unless it is told to. */
export const MAX_WIKITEXT = 2 * 1024 * 1024;
/** They are no UTF-8, and with the flag `u` whole pairs are none of them. */
const HALF_PAIRS = /\p{Surrogate}/gu;
/** So long, in milliseconds, the event loop may wait: leases are extended on it. It changes no text. */
const BUSY_MS = 50;

/** Why a wikitext has no plain text. Each follows from the text alone: nothing is measured by a clock. */
export type Refusal = 'too-long' | 'too-deep' | 'failed';
export type PlainText = { readonly text: string } | { readonly refusal: Refusal };

/** Reduces wikitext to plain text, piece by piece, so that the time is bounded by the length. */
export class WikitextReducer {
  readonly #library: ToPlainText;
  readonly #signal: AbortSignal;
  #restedAt = performance.now();

  constructor(library: ToPlainText, signal: AbortSignal) {
    this.#library = library;
    this.#signal = signal;
  }

  async reduce(wikitext: string): Promise<PlainText> {
    if (wikitext.length > MAX_WIKITEXT) return { refusal: 'too-long' };
    const pieces = cutWikitext(wikitext);
    if (pieces === null) return { refusal: 'too-deep' };
    const texts: string[] = [];
    for (const { text, glue } of pieces) {
      await this.#rest();
      const plain = this.#reducePiece(text);
      if (plain === null) return { refusal: 'failed' };
      if (plain !== '') texts.push(texts.length === 0 ? '' : glue, plain);
    }
    return { text: texts.join('') };
  }

  #reducePiece(text: string): string | null {
    try {
      return this.#library(text).trim().replace(HALF_PAIRS, '\ufffd');
    } catch {
      return null;
    }
  }

  async #rest(): Promise<void> {
    if (performance.now() - this.#restedAt < BUSY_MS) return;
    await setImmediate();
    this.#signal.throwIfAborted();
    this.#restedAt = performance.now();
  }
}

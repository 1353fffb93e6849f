/** Recall and precision of sequences of `length` words: how many of the reference's are in the text, and the other way. */
export class SequenceScore {
  #hits = 0;
  #wanted = 0;
  #received = 0;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  /** Both as plain text. */
  add(reference: string, text: string): { recall: number; precision: number } {
    const wanted = sequences(wordsOf(reference), this.#length);
    const received = sequences(wordsOf(text), this.#length);
    let hits = 0;
    for (const [sequence, count] of wanted.counts) hits += Math.min(count, received.counts.get(sequence) ?? 0);
    this.#hits += hits;
    this.#wanted += wanted.total;
    this.#received += received.total;
    return { recall: hits / Math.max(1, wanted.total), precision: hits / Math.max(1, received.total) };
  }

  get recall(): number {
    return this.#hits / Math.max(1, this.#wanted);
  }

  get precision(): number {
    return this.#hits / Math.max(1, this.#received);
  }
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

function sequences(words: readonly string[], length: number): { counts: Map<string, number>; total: number } {
  const counts = new Map<string, number>();
  let total = 0;
  for (let i = 0; i + length <= words.length; i += 1) {
    const sequence = words.slice(i, i + length).join(' ');
    counts.set(sequence, (counts.get(sequence) ?? 0) + 1);
    total += 1;
  }
  return { counts, total };
}

/** How many of one list are in the other in the same order: the longest common subsequence. */
export function inOrder(wanted: readonly string[], received: readonly string[]): number {
  let row = new Uint32Array(received.length + 1);
  for (const one of wanted) {
    const next = new Uint32Array(received.length + 1);
    for (let i = 0; i < received.length; i += 1) {
      next[i + 1] = one === received[i] ? (row[i] ?? 0) + 1 : Math.max(row[i + 1] ?? 0, next[i] ?? 0);
    }
    row = next;
  }
  return row[received.length] ?? 0;
}

/** Headings and list items of Markdown, each as its words. */
export function headingsAndItems(markdown: string): string[] {
  const found: string[] = [];
  for (const line of markdown.split('\n')) {
    const match = /^\s*(?:#{1,6}|[-*+]|\d+[.)])\s+(.*)$/.exec(line);
    if (match === null) continue;
    const kind = line.trimStart().startsWith('#') ? 'heading' : 'item';
    const words = wordsOf((match[1] ?? '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/<[^>]*>/g, ''));
    if (words.length > 0) found.push(`${kind} ${words.join(' ')}`);
  }
  return found;
}

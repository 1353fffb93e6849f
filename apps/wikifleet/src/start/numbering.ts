import type { DumpNumbers } from './dump-file-name.js';

/** A file of a run, with what its name says of its place in the dump; null where it does not say. */
export interface NumberedFile {
  readonly file: string;
  readonly numbers: DumpNumbers | null;
  readonly isContentExport: boolean;
}

export interface Numbering {
  /** Parts or pages of which no file is there, a sentence each. */
  readonly gaps: readonly string[];
  /** Files that hold the same pages, a sentence each: their rows would be there twice. */
  readonly overlaps: readonly string[];
}

interface Numbered {
  readonly file: string;
  readonly numbers: DumpNumbers;
}

const MAX_NAMED = 5;

/**
 * Compares the numbers in the names of one run's files: parts count from 1 without a gap, and ranges of pages follow each
 * other. Files whose names say nothing are passed over. What is missing after the last file cannot be seen.
 */
export function checkNumbering(files: readonly NumberedFile[]): Numbering {
  const named = files.flatMap(({ file, numbers }): Numbered[] => (numbers === null ? [] : [{ file, numbers }]));
  const isExport = files.some(({ isContentExport }) => isContentExport);
  return {
    // an export takes its largest pages out of the ranges around them, and leaves out ids of no page
    gaps: isExport ? [] : [...missingParts(named), ...missingPages(named)],
    overlaps: [...doubledParts(named), ...doubledPages(named)],
  };
}

function missingParts(files: readonly Numbered[]): string[] {
  const parts = new Set(files.flatMap(({ numbers: { part } }) => (part === null ? [] : [part])));
  const ordered = [...parts].toSorted((a, b) => a - b);
  const missing: string[] = [];
  let next = 1;
  for (const part of ordered) {
    if (part > next) missing.push(part - 1 === next ? `part ${next}` : `parts ${next} to ${part - 1}`);
    next = part + 1;
  }
  return missing.length === 0 ? [] : [`missing: ${listOf(missing)} (the last part here is ${next - 1})`];
}

function missingPages(files: readonly Numbered[]): string[] {
  const missing: string[] = [];
  let next = 1;
  for (const { numbers } of byPages(files)) {
    const { first, last } = numbers.pages;
    if (first > next) missing.push(`pages ${next} to ${first - 1}`);
    next = Math.max(next, last + 1);
  }
  return missing.length === 0 ? [] : [`missing: ${listOf(missing)} (the last page here is ${next - 1})`];
}

function doubledParts(files: readonly Numbered[]): string[] {
  const problems: string[] = [];
  const unnumbered = files.filter(({ numbers: { part, pages } }) => part === null && pages === null);
  const parts = files.filter(({ numbers: { part, pages } }) => part !== null || pages !== null);
  // the recombined file holds the pages of all parts; the same dump can lie there in two containers
  const [recombined, another] = unnumbered;
  if (recombined !== undefined && parts[0] !== undefined) {
    problems.push(`${recombined.file} holds the pages of ${listOf(parts.map(({ file }) => file))}`);
  }
  if (recombined !== undefined && another !== undefined) {
    problems.push(`${listOf(unnumbered.map(({ file }) => file))} are the same file of the dump`);
  }
  const byPart = new Map<number, Numbered[]>();
  for (const file of parts) {
    if (file.numbers.part !== null) {
      byPart.set(file.numbers.part, [...(byPart.get(file.numbers.part) ?? []), file]);
    }
  }
  for (const same of byPart.values()) {
    // a part is one file without a range, or several with one
    const isWhole = same.some(({ numbers: { pages } }) => pages === null);
    if (same.length > 1 && isWhole) problems.push(`${listOf(same.map(({ file }) => file))} hold the same part`);
  }
  return problems;
}

function doubledPages(files: readonly Numbered[]): string[] {
  const problems: string[] = [];
  let before: (Numbered & { numbers: { pages: { last: number } } }) | undefined;
  for (const file of byPages(files)) {
    if (before !== undefined && file.numbers.pages.first <= before.numbers.pages.last) {
      problems.push(`${before.file} and ${file.file} hold the same pages`);
    }
    if (before === undefined || file.numbers.pages.last > before.numbers.pages.last) before = file;
  }
  return problems;
}

type Ranged = Numbered & { readonly numbers: { readonly pages: { readonly first: number; readonly last: number } } };

function byPages(files: readonly Numbered[]): Ranged[] {
  const isRanged = (file: Numbered): file is Ranged => file.numbers.pages !== null && !file.numbers.isOnePage;
  return files.filter(isRanged).toSorted((a, b) => a.numbers.pages.first - b.numbers.pages.first);
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).join(', ');
  return names.length > MAX_NAMED ? `${shown} and ${names.length - MAX_NAMED} more` : shown;
}

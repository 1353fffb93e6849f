/**
 * Suffix sorting by induced sorting (SA-IS; Nong, Zhang and Chan, "Two Efficient Algorithms for Linear Time Suffix Array
 * Construction", 2011): linear in time and memory whatever the text, so repetitive input costs no more than prose.
 */

/**
 * The suffix array of `text`: the starts of its suffixes in ascending order, a suffix before any that it is a prefix of.
 * Symbols are 0 to `upper`.
 */
export function suffixArray(text: Uint8Array | Int32Array, upper: number): Int32Array {
  const n = text.length;
  const sa = new Int32Array(n);
  if (n < 2) return sa;

  // Every symbol's bucket holds first its L-type suffixes (from `lStart`), then its S-type ones (from `sStart`).
  const lStart = new Int32Array(upper + 2);
  const sStart = new Int32Array(upper + 1);
  let lmsCount = 0;
  for (let i = n - 1, isS = false; i >= 0; i--) {
    const here = text[i]!;
    const wasS = isS;
    if (i < n - 1) isS = here < text[i + 1]! || (here === text[i + 1]! && isS);
    if (wasS && !isS) lmsCount++;
    if (isS) lStart[here + 1]!++;
    else sStart[here]!++;
  }
  for (let c = 0; c <= upper; c++) {
    sStart[c]! += lStart[c]!;
    lStart[c + 1]! += sStart[c]!;
  }

  // An LMS suffix is an S-type one after an L-type one; `lms` lists them in the order of the text.
  const lms = new Int32Array(lmsCount);
  for (let i = n - 1, isS = false, at = lmsCount; i >= 1; i--) {
    if (i < n - 1) isS = text[i]! < text[i + 1]! || (text[i] === text[i + 1] && isS);
    if (isS && text[i - 1]! > text[i]!) lms[--at] = i;
  }

  const next = new Int32Array(upper + 2);
  induce(text, sa, lms, lStart, sStart, next);
  if (lmsCount > 1) {
    sortLms(text, sa, lms);
    induce(text, sa, lms, lStart, sStart, next);
  }
  return sa;
}

/** Fills `sa` from the LMS suffixes in `seeds`: L-type ones from the left, then S-type ones from the right. */
function induce(
  text: Uint8Array | Int32Array,
  sa: Int32Array,
  seeds: Int32Array,
  lStart: Int32Array,
  sStart: Int32Array,
  next: Int32Array,
): void {
  const n = text.length;
  sa.fill(-1);
  next.set(sStart);
  for (let i = 0; i < seeds.length; i++) {
    const at = seeds[i]!;
    const slot = next[text[at]!]!++;
    sa[slot] = at;
  }
  next.set(lStart);
  sa[next[text[n - 1]!]!++] = n - 1;
  for (let i = 0; i < n; i++) {
    const at = sa[i]!;
    if (at < 1) continue;
    // Only L-type suffixes and seeds stand here yet, so equal symbols mean an L-type one.
    const before = text[at - 1]!;
    if (before >= text[at]!) {
      const slot = next[before]!++;
      sa[slot] = at - 1;
    }
  }
  next.set(lStart);
  for (let i = n - 1; i >= 0; i--) {
    const at = sa[i]!;
    if (at < 1) continue;
    const before = text[at - 1]!;
    const here = text[at]!;
    if (before < here || (before === here && i >= sStart[here]!)) {
      const slot = --next[before + 1]!;
      sa[slot] = at - 1;
    }
  }
}

/** Puts `lms` in the order of its suffixes; `sa` holds the order of the substrings from one LMS position to the next. */
function sortLms(text: Uint8Array | Int32Array, sa: Int32Array, lms: Int32Array): void {
  const n = text.length;
  const count = lms.length;
  const rankOf = new Int32Array(n).fill(-1);
  for (let i = 0; i < count; i++) rankOf[lms[i]!] = i;

  const names = new Int32Array(count);
  let name = -1;
  let previous = -1;
  for (let i = 0; i < n; i++) {
    const at = sa[i]!;
    const rank = rankOf[at]!;
    if (rank < 0) continue;
    if (previous < 0 || !sameLms(text, lms, rankOf[previous]!, rank)) name++;
    names[rank] = name;
    previous = at;
  }
  const inOrder = lms.slice();
  if (name + 1 === count) {
    for (let i = 0; i < count; i++) lms[names[i]!] = inOrder[i]!;
    return;
  }
  const sorted = suffixArray(names, name);
  for (let i = 0; i < count; i++) lms[i] = inOrder[sorted[i]!]!;
}

/** Whether the LMS substrings number `a` and `b` are equal; the last one ends with the text and equals no other. */
function sameLms(text: Uint8Array | Int32Array, lms: Int32Array, a: number, b: number): boolean {
  if (a + 1 === lms.length || b + 1 === lms.length) return false;
  const length = lms[a + 1]! - lms[a]!;
  if (lms[b + 1]! - lms[b]! !== length) return false;
  for (let k = 0, i = lms[a]!, j = lms[b]!; k <= length; k++, i++, j++) {
    if (text[i]! !== text[j]!) return false;
  }
  return true;
}

/**
 * Characters that a terminal obeys or that a reader cannot see: controls (C0, DEL, C1), format characters (among them all
 * bidirectional controls, zero-width characters and the byte-order mark), line and paragraph separators, unpaired
 * surrogates, private use, noncharacters, and all that Unicode lets a renderer ignore (variation selectors, fillers, tags).
 */
const UNPRINTABLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/**
 * Text of any origin for one line of a terminal: what cannot be seen is shown by its code point, as `<U+001B>`. Texts of
 * all scripts stay as they are. Applied twice it changes nothing more.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `<U+${code.padStart(4, '0')}>`;
  });
}

/** A value as JSON in one line that a terminal can show; the same value comes out of it. */
export function printableJson(value: unknown): string {
  return escapeJson(JSON.stringify(value));
}

/** Escapes what `printable` shows within a line of JSON, where it can only be part of a string. */
export function escapeJson(json: string): string {
  return json.replaceAll(UNPRINTABLE, (character) =>
    Array.from({ length: character.length }, (_, at) => {
      return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

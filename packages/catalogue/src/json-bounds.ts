/** How much may be in a JSON text of a stranger. */
export interface JsonBounds {
  /** Objects and lists within each other. */
  readonly depth: number;
  /** Objects and lists in all. */
  readonly containers: number;
  /** Commas in all: members of objects and lists, but for the first of each. */
  readonly members: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * What of a text passes its bounds, in words; null where nothing does, be it JSON or not. `JSON.parse` makes of a megabyte
 * of brackets fifty megabytes before it finds that they are none.
 */
export function jsonProblem(text: string, bounds: JsonBounds): string | null {
  let [depth, containers, members] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at + 1);
    } else if (code === COMMA) {
      members += 1;
      if (members > bounds.members) return `expected JSON of at most ${bounds.members} members`;
      // `[` and `{`, `]` and `}` differ in one bit
    } else if ((code & 0xdf) === 0x5b) {
      depth += 1;
      containers += 1;
      if (depth > bounds.depth) return `expected JSON at most ${bounds.depth} deep`;
      if (containers > bounds.containers) return `expected JSON of at most ${bounds.containers} objects and lists`;
    } else if ((code & 0xdf) === 0x5d) {
      depth -= 1;
    }
  }
  return null;
}

/** Where the string's last quote is, or the text's end. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

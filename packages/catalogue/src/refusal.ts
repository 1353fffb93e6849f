/** The first of many names for a message, quoted, with the count of the rest. */
export function someOf(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((name) => quote(name));
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** What came from outside, for a message: bounded, and with everything escaped that a terminal would obey. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 210)).slice(0, 250);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** A unit of `{{convert}}`. */
export function* unitEntries<T>(make: (name: string, value: Buffer) => T): Generator<T> {
  for (const [names, value] of [] as [string, Buffer][]) yield make(names, value);
}

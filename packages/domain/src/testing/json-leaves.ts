type Path = readonly (string | number)[];

/** The paths of all values of a JSON value that are no objects or arrays with members. */
export function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const members = Object.entries(value).flatMap(([key, member]) =>
    leavesOf(member, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return members.length === 0 ? [path] : members;
}

/** Sets what stands at a path of an object; returns what stood there. */
export function setAt(target: object, path: Path, value: unknown): unknown {
  const parents = path.slice(0, -1);
  const last = path.at(-1);
  if (last === undefined) throw new RangeError('expected a path of at least one key');
  const parent = parents.reduce<object>((at, key) => Reflect.get(at, key) as object, target);
  const before: unknown = Reflect.get(parent, last);
  Reflect.set(parent, last, value);
  return before;
}

/**
 * Decompresses a snappy block of `size` bytes. Throws a `RangeError` where it is none, or has others. (hyparquet's own
 * goes backwards, and may never end, where a literal has a length beyond 2^31.)
 * https://github.com/google/snappy/blob/main/format_description.txt
 */
export function unsnappy(input: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let at = 0;
  let end = 0;
  const byte = (): number => {
    const value = input[at];
    if (value === undefined) throw new RangeError(`expected more than ${input.length} bytes of snappy`);
    at += 1;
    return value;
  };
  const littleEndian = (bytes: number): number => {
    let value = 0;
    for (let place = 0; place < bytes; place += 1) value += byte() * 256 ** place;
    return value;
  };
  const room = (length: number): void => {
    if (end + length > size) throw new RangeError(`expected ${size} bytes behind snappy, received more`);
  };
  let shown = 0;
  for (let place = 0, last = 128; last >= 128 && place < 5; place += 1) {
    last = byte();
    shown += (last % 128) * 128 ** place;
  }
  if (shown !== size) throw new RangeError(`expected ${size} bytes behind snappy, received ${shown}`);
  while (at < input.length) {
    const tag = byte();
    const short = tag >> 2;
    if (tag % 4 === 0) {
      const length = 1 + (short < 60 ? short : littleEndian(short - 59));
      room(length);
      if (at + length > input.length) throw new RangeError(`expected ${length} bytes of a literal`);
      output.set(input.subarray(at, at + length), end);
      at += length;
      end += length;
      continue;
    }
    const length = tag % 4 === 1 ? 4 + (short % 8) : 1 + short;
    const back = tag % 4 === 1 ? (tag >> 5) * 256 + byte() : littleEndian(tag % 4 === 2 ? 2 : 4);
    if (back === 0 || back > end) throw new RangeError(`expected a copy of bytes before, received one of ${back} back`);
    room(length);
    if (back >= length) output.copyWithin(end, end - back, end - back + length);
    // it repeats itself
    else for (let copied = 0; copied < length; copied += 1) output[end + copied] = output[end + copied - back]!;
    end += length;
  }
  if (end !== size) throw new RangeError(`expected ${size} bytes behind snappy, received ${end}`);
  return output;
}

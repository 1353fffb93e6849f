/** Longest command line, in bytes. */
export const MAX_LINE_BYTES = 8192;

const IAC = 0xff;
const FIRST_TELNET_COMMAND = 0xf0;
const LF = 0x0a;

/**
 * The command lines of a control connection, as bytes without their line end. Telnet's commands (`IAC IP`, `IAC DM`
 * before an ABOR: RFC 959, section 4.1.3) and empty lines are left out. A line longer than `MAX_LINE_BYTES` is given as null, once,
 * and ends the lines.
 */
export async function* controlLines(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer | null> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(LF); end !== -1; end = rest.indexOf(LF, start)) {
      if (end - start > MAX_LINE_BYTES) break;
      const last = end > start && rest[end - 1] === 0x0d ? end - 1 : end;
      if (last > start) yield withoutTelnet(rest.subarray(start, last));
      start = end + 1;
    }
    rest = rest.subarray(start);
    // Sent as urgent data, ABOR loses its last byte on the way, which is the line's end.
    if (rest.length >= 5 && withoutTelnet(rest).toString('latin1').toUpperCase() === 'ABOR\r') {
      yield Buffer.from('ABOR');
      rest = Buffer.alloc(0);
    }
    if (rest.length > MAX_LINE_BYTES) {
      yield null;
      return;
    }
  }
}

/** The second byte of a Telnet command may be lost on its way, as urgent data: only what is one is taken away. */
function withoutTelnet(line: Buffer): Buffer {
  if (!line.includes(IAC)) return line;
  const kept: number[] = [];
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] !== IAC) kept.push(line[at] ?? 0);
    else if ((line[at + 1] ?? 0) >= FIRST_TELNET_COMMAND && line[at + 1] !== IAC) at += 1;
  }
  return Buffer.from(kept);
}

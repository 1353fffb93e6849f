/** How a transfer goes wrong. `afterBytes` counts the bytes of this transfer, from its offset on. */
export type FtpFault =
  /** The data and the control connection both end: the server's process died. */
  | { readonly kind: 'drop'; readonly afterBytes: number }
  /** The data end and the server confirms them with 226: nothing in FTP shows it. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The data end, and the server says 426. */
  | { readonly kind: 'abort'; readonly afterBytes: number }
  /** The data end, and the server never says anything. */
  | { readonly kind: 'mute'; readonly afterBytes: number }
  /** Nothing more comes; both connections stay. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** All data come, with one byte changed. */
  | { readonly kind: 'corrupt'; readonly atByte: number }
  /** The data connection is reset before any byte, the reply comes late: proftpd with a missing file. */
  | { readonly kind: 'reset'; readonly code: number; readonly text: string }
  /** A reply in place of the data. After 421 the control connection ends. */
  | { readonly kind: 'refuse'; readonly code: number; readonly text: string };

/** A reply that takes the place of a command's own. */
export interface FtpReply {
  readonly code: number;
  readonly text: string;
}

/** Faults on demand; each is asked at every occasion, and null means that all goes well. */
export interface FtpFaults {
  /** Asked at every RETR, also for what is not there. `attempt` counts the RETRs of this path from 1 on. */
  readonly transfer?: (path: string, attempt: number, offset: number) => FtpFault | null;
  /** Asked at every other command; `argument` as it came. 421 ends the connection. */
  readonly command?: (verb: string, argument: string) => FtpReply | null;
  /** The bytes that LIST, NLST and MLSD send in place of the true ones. */
  readonly listing?: (verb: string, path: string) => Uint8Array | null;
}

/**
 * Passes the bytes on until the fault strikes; `struck` is called then, and the bytes end. `stall` ends only when
 * `signal` is aborted.
 */
export async function* faulty(
  source: AsyncIterable<Uint8Array>,
  fault: FtpFault,
  struck: () => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of source) {
    if (fault.kind === 'corrupt') {
      const copy = Uint8Array.from(chunk);
      const at = fault.atByte - sent;
      if (at >= 0 && at < copy.byteLength) copy[at] = (copy[at] ?? 0) ^ 0x01;
      yield copy;
    } else if (fault.kind === 'reset' || fault.kind === 'refuse' || sent + chunk.byteLength < fault.afterBytes) {
      yield chunk;
    } else {
      if (fault.afterBytes > sent) yield chunk.subarray(0, fault.afterBytes - sent);
      struck();
      if (fault.kind === 'stall') await aborted(signal);
      return;
    }
    sent += chunk.byteLength;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

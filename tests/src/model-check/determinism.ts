import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const real = {
  uuid: crypto.randomUUID,
  bytes: crypto.randomBytes,
  sleep: timers.setTimeout,
  Date: globalThis.Date,
  monotonic: performance.now.bind(performance),
};

/** What a schedule gives in place of chance and time. */
export interface Substitutes {
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Replaces random ids, both clocks and sleeps of everything in this process until the function that it returns is
 * called. A sleep ends at once: how long it lasts is the scheduler's choice, which delays the request behind it.
 */
export function substitute({ random, now }: Substitutes): () => void {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  const bytes = (size: number): Buffer => Buffer.from(hex(2 * size), 'hex');
  const sleep = async (_ms: number, value?: unknown, options?: { signal?: AbortSignal }): Promise<unknown> => {
    await Promise.resolve();
    options?.signal?.throwIfAborted();
    return value;
  };
  class ModelDate extends real.Date {
    constructor(...args: [] | [value: number | string]) {
      super(...((args.length === 0 ? [now()] : args) as [number]));
    }

    static override now(): number {
      return now();
    }
  }
  install(uuid as typeof crypto.randomUUID, bytes as typeof crypto.randomBytes, sleep as typeof timers.setTimeout);
  globalThis.Date = ModelDate as DateConstructor;
  performance.now = now;
  // thousands of answers are errors, and nobody looks at their stacks
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
    install(real.uuid, real.bytes, real.sleep);
    globalThis.Date = real.Date;
    performance.now = real.monotonic;
  };
}

function install(
  uuid: typeof crypto.randomUUID,
  bytes: typeof crypto.randomBytes,
  sleep: typeof timers.setTimeout,
): void {
  crypto.randomUUID = uuid;
  crypto.randomBytes = bytes;
  timers.setTimeout = sleep;
  // named imports of builtins in modules of this process follow
  syncBuiltinESMExports();
}

import { watchNpm } from './npm-parent.js';

/** A stop that was asked for, by whomever. */
export interface StopRequest {
  /** Resolves with the first request. */
  readonly promise: Promise<void>;
  /** Asks for it from within. */
  readonly stop: () => void;
  /** Listens no longer. */
  readonly dispose: () => void;
}

/**
 * Waits for SIGTERM, SIGINT, SIGHUP or the end of the parent (the program that started this one, or npm); `onSignal` hears
 * each, with whether it is another one.
 */
export function stopRequested(onSignal: (again: boolean) => void = () => {}): StopRequest {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  let requested = false;
  const listener = (): void => {
    onSignal(requested);
    requested = true;
    resolve();
  };
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  // a fleet on one machine ends with the program that started it, also with one that is gone by now (false, where a
  // program without such a parent has undefined)
  const { connected }: { connected?: boolean } = process;
  if (connected) process.on('disconnect', listener);
  else if (connected !== undefined) listener();
  const unwatch = watchNpm(listener);
  return {
    promise,
    stop: resolve,
    dispose: () => {
      for (const signal of signals) process.off(signal, listener);
      process.off('disconnect', listener);
      unwatch();
    },
  };
}

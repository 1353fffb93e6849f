import { setTimeout } from 'node:timers/promises';

/** Waits so many milliseconds, or until the signal aborts: then it throws. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export const sleepFor: Sleep = async (milliseconds, signal) => {
  await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal });
};

import type { ScalingRule } from '@wikifleet/scaling/converter-steps';

/** A dump file of the run. */
export interface SimulatedFile {
  readonly name: string;
  readonly bytes: number;
  /** Bytes of a split; null where the file is one split, as gzip is. */
  readonly splitBytes: number | null;
}

/** A mirror as the fleet meets it: bytes a second, seconds. */
export interface SimulatedMirror {
  readonly name: string;
  /** Connections at a time that it allows to all of us. */
  readonly connections: number;
  /** The most that one connection gets; 0: the mirror is dead, and every attempt fails. */
  readonly connectionBytesPerSecond: number;
  /** The most that all connections get together, shared evenly; null: no other limit. */
  readonly totalBytesPerSecond: number | null;
  /** From asking for a file to its first byte. */
  readonly openSeconds: number;
  /** Is asked for files only when no other is free: it serves status and checksums. */
  readonly last: boolean;
}

/** The downloader: a service of fixed size. */
export interface SimulatedDownloaders {
  readonly tasks: number;
  /** Downloads at once in one task. */
  readonly slots: number;
  /** The most that one task moves; null: no limit of its own. */
  readonly bytesPerSecond: number | null;
  /** From the run's beginning until they work. */
  readonly startSeconds: number;
  /** After a file's last byte, until its splits are enqueued. */
  readonly closeSeconds: number;
  /** Until an attempt at a dead mirror fails. */
  readonly failSeconds: number;
}

/** Spot capacity: tasks are taken away, by a seeded hand. */
export interface SpotHand {
  /** How often a task is interrupted, on average, in an hour of running. */
  readonly interruptionsPerHour: number;
  /** A job that ends so soon after the notice is finished; another is handed back. */
  readonly graceSeconds: number;
}

/** The converters: as many as the scaling rule wants, or as many as there are. */
export interface SimulatedConverters {
  /** At most so many; in a fixed fleet so many from the beginning to the end. */
  readonly most: number;
  /** How the fleet scales on its backlog; null: a fixed fleet. */
  readonly scaling: SimulatedScaling | null;
  /** From the launch of a task until it takes its first job. */
  readonly startSeconds: number;
  /** Tasks that the scheduler launches a minute, at most. */
  readonly launchesPerMinute: number;
  /** Compressed bytes a second that one task converts. */
  readonly bytesPerSecond: number;
  /** What each split takes besides: its head, its receipt. */
  readonly splitSeconds: number;
  /** Null: on demand. */
  readonly spot: SpotHand | null;
}

export interface SimulatedScaling {
  /** What the policy was made of; `max` is `most`. */
  readonly rule: Omit<ScalingRule, 'max'>;
  /** One sample of the metric. */
  readonly periodSeconds: number;
  /** From the end of a period until the policy acts on it. */
  readonly delaySeconds: number;
  /** The first sample comes so much later: a queue that was idle for hours wakes slowly. */
  readonly wakeSeconds: number;
}

/** Everything that a simulated run is a function of. */
export interface RunModel {
  readonly files: readonly SimulatedFile[];
  readonly mirrors: readonly SimulatedMirror[];
  readonly downloaders: SimulatedDownloaders;
  readonly converters: SimulatedConverters;
  /** Of the hand that interrupts. */
  readonly seed: number;
}

/** How many splits a file becomes. */
export function splitCount({ bytes, splitBytes }: SimulatedFile): number {
  return splitBytes === null ? 1 : Math.max(1, Math.ceil(bytes / splitBytes));
}

/** The bytes of one of its splits. */
export function bytesOfSplit({ bytes, splitBytes }: SimulatedFile, index: number): number {
  return splitBytes === null ? bytes : Math.min(splitBytes, bytes - index * splitBytes);
}

/** Bytes a second that a mirror gives at most, with all its connections in use. */
export function mirrorLimit(mirror: SimulatedMirror): number {
  const connections = mirror.connections * mirror.connectionBytesPerSecond;
  return Math.min(connections, mirror.totalBytesPerSecond ?? connections);
}

/** Bytes a second that all mirrors give at most. */
export function mirrorsLimit(mirrors: readonly SimulatedMirror[]): number {
  return mirrors.reduce((sum, mirror) => sum + mirrorLimit(mirror), 0);
}

import type { TimelinePoint } from './timeline.js';

/** What a mirror gave. */
export interface MirrorShare {
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
  /** Seconds of all its connections together in which bytes came. */
  readonly transferSeconds: number;
}

/** Something that a reader wants to know of, `at` seconds after the beginning. */
export interface Milestone {
  readonly at: number;
  readonly what: string;
}

/** How a simulated run went; seconds count from when it was seeded. */
export interface SimulatedRun {
  /** The last split is converted: the run has its manifest. */
  readonly endSeconds: number;
  /** The last file is complete on S3. */
  readonly downloadedSeconds: number;
  /** The last converter is gone: nothing is paid for any more. */
  readonly quietSeconds: number;
  readonly files: number;
  readonly splits: number;
  readonly bytes: number;
  readonly downloaders: { readonly tasks: number; readonly taskSeconds: number };
  readonly converters: {
    /** At most at a time. */
    readonly peak: number;
    readonly launched: number;
    /** From each task's launch to its end: what is paid for. */
    readonly taskSeconds: number;
    /** Paid for, with a minute at least for each task. */
    readonly billedSeconds: number;
    readonly busySeconds: number;
    readonly interrupted: number;
    /** Splits that were handed back and begun anew. */
    readonly redone: number;
  };
  readonly mirrors: readonly MirrorShare[];
  readonly milestones: readonly Milestone[];
  readonly timeline: readonly TimelinePoint[];
}

/** What happens, for whoever looks on: names by their numbers in the model, seconds and bytes. */
export type SimulationEvent =
  | { readonly kind: 'transfer'; readonly at: number; readonly mirror: number; readonly file: number }
  | { readonly kind: 'transferred'; readonly at: number; readonly mirror: number; readonly file: number }
  | { readonly kind: 'file'; readonly at: number; readonly file: number }
  | {
      readonly kind: 'split';
      readonly at: number;
      readonly file: number;
      readonly split: number;
      readonly task: number;
    }
  | { readonly kind: 'launch'; readonly at: number; readonly task: number }
  | { readonly kind: 'stop'; readonly at: number; readonly task: number };

export type Observer = (event: SimulationEvent) => void;

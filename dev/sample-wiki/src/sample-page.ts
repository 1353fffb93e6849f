/** A page of the sample before it is written as XML. Texts are as they are meant: nothing is escaped yet. */
export interface SamplePage {
  readonly id: number;
  readonly namespace: number;
  /** With its namespace's prefix and spaces. */
  readonly title: string;
  /** Null where the page is no redirect. */
  readonly redirectTarget: string | null;
  /** The current revision. */
  readonly revision: SampleRevision;
  /** Metadata of earlier ones, the oldest first. */
  readonly earlier: readonly SampleRevision[];
}

export interface SampleRevision {
  readonly id: number;
  readonly parentId: number | null;
  /** `2026-09-30T12:00:00Z` */
  readonly timestamp: string;
  readonly contributor: Contributor;
  readonly isMinor: boolean;
  /** Null where it is hidden; empty where there is none. */
  readonly comment: string | null;
  readonly isTextHidden: boolean;
  /** The main slot first. */
  readonly slots: readonly SampleSlot[];
  /** Base 36, of all slots together. */
  readonly sha1: string;
}

export interface SampleSlot {
  readonly role: string;
  readonly origin: number;
  readonly model: string;
  readonly format: string;
  readonly text: string;
  /** What the dump says of the text: right but for a few. */
  readonly bytes: number;
  readonly sha1: string;
}

export type Contributor =
  | { readonly kind: 'user'; readonly name: string; readonly id: number }
  | { readonly kind: 'ip'; readonly address: string }
  | { readonly kind: 'hidden' };

/** What the hand does to a fleet, in the order in which the table names it. */
export const FAULTS = [
  'worker killed',
  'worker told to stop',
  'worker frozen past its lease',
  'seed killed',
  'cloud killed',
  'message delivered twice',
  'acknowledgement late',
  'acknowledgement lost',
  'SQS unavailable',
  'SQS answer lost',
  'S3 503',
  'S3 connection reset',
  'S3 answer lost',
  'S3 answer cut',
  'S3 request cut',
  'request_delayed',
  'answer_garbled',
  'seed_forced',
  'seed_repeated',
  'run_repaired',
  'FTP connection dropped',
  'FTP transfer cut',
  'FTP refused',
] as const;

export type FaultName = (typeof FAULTS)[number];

/** Counts the faults that were done. */
export class ChaosTally {
  readonly counts = new Map<FaultName, number>(FAULTS.map((name) => [name, 0]));

  add(fault: FaultName): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}

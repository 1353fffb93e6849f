import { drawFlow } from './flow.js';
import { drawJob } from './job.js';
import { drawSplits } from './splits.js';

/** Pictures that are drawn, not measured: docs/pictures/<name>.svg. */
export const DRAWINGS: readonly { readonly name: string; readonly draw: () => string }[] = [
  { name: 'flow', draw: drawFlow },
  { name: 'splits', draw: drawSplits },
  { name: 'job', draw: drawJob },
];

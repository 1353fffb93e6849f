import { suspendScaling } from '../aws/suspend-scaling.js';

export const pause = suspendScaling(
  'pause',
  'Suspends the dynamic scaling of both services: their counts stay what they are. Scheduled scaling goes on, so that\n' +
    'what `start` raised still runs out. `resume` ends it.',
);

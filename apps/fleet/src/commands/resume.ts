import { suspendScaling } from '../aws/suspend-scaling.js';

export const resume = suspendScaling(
  'resume',
  'Ends what `stop` and `pause` suspended: alarms change the counts of both services again, the first within a minute.',
);

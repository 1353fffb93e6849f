import { FleetError, messageOf } from '@wikifleet/domain/errors';
import type { Mirror } from '@wikifleet/mirror/mirror';
import type { Check } from '@wikifleet/worker/check-program';

/** A name that no mirror has: to say so it must be reached, let us in and look. */
const ABSENT = 'wikifleet-check';

/** One of the mirrors answers; they are asked in their order, a connection at a time. */
export function checkMirrors(mirrors: readonly Mirror[]): Check {
  return {
    name: 'mirrors',
    run: async (signal) => {
      const problems: string[] = [];
      for (const mirror of mirrors) {
        try {
          await mirror.size(ABSENT, { signal });
          return [`${mirror.name} reached`, ...problems].join('; ');
        } catch (error) {
          signal.throwIfAborted();
          problems.push(messageOf(error));
        }
      }
      throw new FleetError('NO_MIRROR', problems.join('; ') || 'the mirror file names none');
    },
  };
}

import { Drawing } from './drawing.js';

/** As packages/queue and packages/worker have them: a test of the documents holds the two together. */
const [VISIBILITY_SECONDS, GIVE_UP_AT] = [120, 19];

/** The life of a job's message. */
export function drawJob(): string {
  return new Drawing(
    [960, 440],
    'The life of a job',
    'A message waits in its queue, visible. A worker receives it and holds a lease, which is extended while the job runs. After the last ' +
      'write it is acknowledged and deleted. A failure that a retry may mend hands it back after a delay; a killed worker’s message shows ' +
      'again when its visibility runs out. What no retry mends is written down under failures/ and goes to the dead-letter queue, from ' +
      'which an operator puts it back.',
  )
    .box('queue', [30, 142, 170, 76], 'waits', 'visible in its queue')
    .box(
      'worker',
      [392, 132, 200, 96],
      'under lease',
      'a worker does the job;',
      `hidden for ${VISIBILITY_SECONDS} s,`,
      'again and again',
    )
    .box('good', [770, 60, 166, 62], 'acknowledged', 'deleted; the result is', 'on S3')
    .box('object', [770, 226, 166, 62], 'failures/….json', 'code, place, expected,', 'received')
    .box('bad', [770, 338, 166, 52], 'dead-letter queue', 'with the reason')
    .arrow([
      [200, 164],
      [392, 164],
    ])
    .note([296, 154], 'middle', 'received')
    .arrow([
      [392, 196],
      [200, 196],
    ])
    .note([296, 214], 'middle', 'handed back: a retry may', 'mend it (in 5 to 300 s),', 'or SIGTERM (at once)')
    .arrow([
      [452, 132],
      [452, 84],
      [532, 84],
      [532, 132],
    ])
    .note(
      [492, 58],
      'middle',
      `extended every ${VISIBILITY_SECONDS / 4} s; where that fails,`,
      'the job is aborted in time',
    )
    .arrow([
      [592, 152],
      [680, 152],
      [680, 91],
      [770, 91],
    ])
    .note([690, 112], 'start', 'after its', 'last write')
    .arrow([
      [592, 206],
      [680, 206],
      [680, 257],
      [770, 257],
    ])
    .note([670, 252], 'end', 'no retry mends it, or', `received ${GIVE_UP_AT} times`)
    .arrow([
      [853, 288],
      [853, 338],
    ])
    .note([844, 317], 'end', 'reason first')
    .arrow(
      [
        [440, 228],
        [440, 306],
        [140, 306],
        [140, 218],
      ],
      'dashed',
    )
    .note([150, 298], 'start', `worker killed: shows again after the ${VISIBILITY_SECONDS} s`)
    .arrow(
      [
        [770, 364],
        [80, 364],
        [80, 218],
      ],
      'dashed',
    )
    .note([430, 356], 'middle', 'fleet redrive, once the reason is gone')
    .note(
      [480, 422],
      'middle',
      'A message may come twice or late: who comes second finds what is there, checks it, does the rest, and acknowledges',
    )
    .svg();
}

import { Drawing } from './drawing.js';

/** The way of the data: what is outside, the queues, the programs and S3 are a band each. */
export function drawFlow(): string {
  return new Drawing(
    [960, 478],
    'The way of the data',
    'seed reads a mirror’s catalogue, writes plan.json and enqueues one job a dump file. A downloader takes it, streams the file ' +
      'from a mirror to a raw object with a note, and enqueues one job a split. Converters take those, read their range of the raw ' +
      'object, and write a part of rows and a receipt each. All receipts of a file join to a file manifest, all of those to the ' +
      'run manifest. What no retry mends goes to a dead-letter queue.',
  )
    .box('band', [8, 8, 944, 88])
    .note([942, 26], 'end', 'outside')
    .box('band', [8, 104, 944, 110])
    .note([942, 122], 'end', 'queues (SQS)')
    .box('band', [8, 222, 944, 118])
    .note([942, 332], 'end', 'programs (tasks on ECS, or processes)')
    .box('band', [8, 348, 944, 122])
    .note([942, 462], 'end', 'objects (S3, or plain files)')
    .box('outside', [24, 36, 140, 46], 'catalogue', 'https: files, checksums')
    .box('outside', [262, 36, 200, 46], 'mirrors', 'FTP or HTTPS, within their limits')
    .box('queue', [212, 142, 140, 50], 'download queue', 'one job a dump file')
    .box('queue', [476, 142, 150, 50], 'convert queue', 'one job a split')
    .box('queue', [776, 142, 160, 50], 'dead-letter queues', 'with the reason')
    .box('worker', [24, 256, 140, 60], 'seed', 'resolves wiki and date')
    .box('worker', [262, 256, 160, 60], 'downloader', 'hashes on the way;', 'fixed size')
    .box('worker', [560, 256, 170, 60], 'converters', 'blocks in threads, pages to', 'rows; scaled from zero')
    .box('object', [24, 374, 140, 56], 'plan.json', 'shapes all results')
    .box('object', [262, 374, 160, 56], 'raw object + note', 'byte for byte')
    .box('object', [560, 374, 170, 56], 'part of rows', '+ receipt, + quarantine')
    .box('good', [796, 374, 140, 56], 'manifests', 'of the file, of the run')
    .arrow([
      [94, 82],
      [94, 256],
    ])
    .arrow([
      [94, 316],
      [94, 374],
    ])
    .arrow([
      [164, 286],
      [188, 286],
      [188, 167],
      [212, 167],
    ])
    .arrow([
      [312, 192],
      [312, 256],
    ])
    .arrow([
      [392, 82],
      [392, 256],
    ])
    .arrow([
      [342, 316],
      [342, 374],
    ])
    .note([350, 362], 'start', 'streams')
    .arrow([
      [422, 280],
      [449, 280],
      [449, 167],
      [476, 167],
    ])
    .note([458, 300], 'start', 'once size and', 'checksum fit')
    .arrow([
      [626, 167],
      [650, 167],
      [650, 256],
    ])
    .arrow([
      [422, 402],
      [535, 402],
      [535, 306],
      [560, 306],
    ])
    .note([432, 420], 'start', 'its range')
    .arrow([
      [645, 316],
      [645, 374],
    ])
    .arrow([
      [730, 402],
      [796, 402],
    ])
    .note([763, 394], 'middle', 'join')
    .arrow(
      [
        [730, 286],
        [856, 286],
        [856, 192],
      ],
      'dashed',
    )
    .note([738, 304], 'start', 'what no retry mends (of both)')
    .svg();
}

import type { FtpTree } from '@wikifleet/local-cloud/ftp/ftp-tree';
import { shownName } from '../figures.js';
import type { FaultWatch } from './fault-watch.js';

/** The tree, whose files report to `faults` what this machine cannot read. */
export function watchedTree(tree: FtpTree, faults: FaultWatch): FtpTree {
  return {
    ...tree,
    open(path, start) {
      const stream = tree.open(path, start);
      stream.on('error', (error) => faults.report(`the dump file ${shownName(path)} could not be read`, error));
      return stream;
    },
  };
}

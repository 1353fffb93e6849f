import { directoryTree } from '@wikifleet/local-cloud/ftp/directory-tree';
import type { FtpFault } from '@wikifleet/local-cloud/ftp/ftp-faults';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import type { FtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import type { ChaosRandom } from './chaos-random.js';
import type { ChaosTally } from './chaos-tally.js';

/** So slow that a downloader is killed in mid-file now and then. */
const BYTES_PER_SECOND = 6_000_000;

export interface ChaosMirror {
  readonly port: number;
  /** No more faults. */
  calm(): void;
  close(): Promise<void>;
}

/** Serves a folder over FTP; with a hand at it, transfers break and connections are refused. */
export async function startChaosMirror(
  folder: string,
  hand: { random: ChaosRandom; tally: ChaosTally } | null,
): Promise<ChaosMirror> {
  let active = hand;
  const transfer = (path: string, attempt: number): FtpFault | null => {
    if (active === null) return null;
    const { random, tally } = active;
    const isLarge = path.includes('multistream99');
    // the small files are read by the seed; the large one's first transfer breaks in every run
    const probability = isLarge && attempt === 1 ? 1 : path.endsWith('.bz2') ? 0.35 : 0.1;
    if (!random.chance(probability)) return null;
    const afterBytes = Math.floor(random.between(0, isLarge ? 9_000_000 : 300_000));
    const kind = random.pick(['drop', 'drop', 'cut', 'abort'] as const);
    tally.add(kind === 'drop' ? 'FTP connection dropped' : 'FTP transfer cut');
    return { kind, afterBytes };
  };
  const command = (verb: string): { code: number; text: string } | null => {
    if (active === null || verb !== 'USER' || !active.random.chance(0.1)) return null;
    active.tally.add('FTP refused');
    return { code: 421, text: 'There are too many connections, please try later.' };
  };
  const server: FtpServer = await startFtpServer({
    tree: directoryTree(folder),
    bytesPerSecond: BYTES_PER_SECOND,
    maxConnections: 32,
    faults: { transfer, command },
  });
  return {
    port: server.port,
    calm: () => {
      active = null;
    },
    close: async () => await server.close(),
  };
}

import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { UsageError, codeOf } from '@wikifleet/domain/errors';

/** Whether a path is the folder or lies below it; both real paths. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The real path of what may not exist yet: links are followed as far as there is something. */
export async function realPathOf(path: string): Promise<string> {
  const full = resolve(path);
  try {
    return await realpath(full);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(full) === full) return full;
    return join(await realPathOf(dirname(full)), basename(full));
  }
}

/**
 * Refuses an input folder that lies inside of the output folder or around it, links followed: what is written and deleted
 * below `out` must never be the user's.
 */
export async function refuseSharedFolders(from: string, out: string): Promise<void> {
  const [input, output] = [await realPathOf(from), await realPathOf(out)];
  const why =
    input === output
      ? 'are the same folder'
      : isInside(input, output)
        ? `: the input folder lies inside of --out, where objects are written and deleted`
        : isInside(output, input)
          ? `: --out lies inside of the input folder, whose files would be taken for dumps`
          : null;
  if (why === null) return;
  const sentence = why.startsWith(':') ? why : ` ${why}`;
  throw new UsageError('FOLDERS_OVERLAP', `--from ${input} and --out ${output}${sentence}; give an --out elsewhere`);
}

/** Throws a `UsageError` where one of our own folders is a link: it would have us write and delete elsewhere. */
export async function refuseLink(path: string): Promise<void> {
  const info = await lstat(path).catch(() => null);
  if (info?.isSymbolicLink() !== true) return;
  throw new UsageError(
    'LINK_REFUSED',
    `${path} is a symbolic link: expected a folder of ours, or nothing; remove the link`,
  );
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../end-to-end/programs.js';

/** A fenced block of a document, and the heading that it stands under. */
export interface Block {
  readonly section: string;
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown file, in order; `path` from the checkout's root. */
export async function blocksOf(path: string): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  let section = '';
  let open: { language: string; lines: string[] } | undefined;
  for (const line of (await readFile(join(ROOT, path), 'utf8')).split('\n')) {
    if (open !== undefined && line === '```') {
      blocks.push({ section, language: open.language, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else if (line.startsWith('```')) open = { language: line.slice(3), lines: [] };
    else section = /^##? (.*)$/.exec(line)?.[1] ?? section;
  }
  if (open !== undefined) throw new Error(`${path}: expected every fence to be closed`);
  return blocks;
}

import { readFile } from 'node:fs/promises';
import { wikiName } from '@wikifleet/config/command-line';
import { folderOfWikis, wikisOf } from '@wikifleet/catalogue/list-wikis';
import { counted } from '@wikifleet/domain/counted';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import type { Kind } from '@wikifleet/domain/run';
import type { Mirror } from '@wikifleet/mirror/mirror';

/** Which wikis `--wiki` names. */
export interface ChosenWikis {
  readonly wikis: readonly string[];
  /** Whether somebody named each of them: then one that is missing is an error. */
  readonly named: boolean;
  readonly remarks: readonly string[];
}

const MOST_WIKIS = 10_000;

/** Reads `a,b`, `@file` (a wiki a line, `#` begins a comment), or `all`: every wiki that one of the mirrors lists. */
export async function chooseWikis(text: string, kind: Kind, mirrors: readonly Mirror[]): Promise<ChosenWikis> {
  if (text === 'all') return await listedWikis(kind, mirrors);
  const words = text.startsWith('@') ? await wordsOfFile(text.slice(1)) : text.split(',');
  const wikis = [...new Set(words.map((word) => wikiName('wiki', word.trim())))];
  if (wikis.length === 0 || wikis.length > MOST_WIKIS) {
    throw new UsageError(
      'COMMAND_LINE_REFUSED',
      `--wiki ${text}: expected 1 to ${MOST_WIKIS} wikis, received ${wikis.length}`,
    );
  }
  return { wikis, named: true, remarks: [] };
}

async function wordsOfFile(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const message = `--wiki @${path}: expected a file with a wiki a line: ${messageOf(error)}`;
    throw new UsageError('FILE_LIST_REFUSED', message, { cause: error });
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

/** All mirrors are asked: the page at the root of one may be no listing, and another may lack wikis. */
async function listedWikis(kind: Kind, mirrors: readonly Mirror[]): Promise<ChosenWikis> {
  const folder = folderOfWikis(kind);
  const wikis = new Set<string>();
  const remarks: string[] = [];
  const answers = await Promise.allSettled(mirrors.map(async (mirror) => wikisOf(await mirror.list(folder))));
  for (const [at, answer] of answers.entries()) {
    const name = mirrors[at]?.name;
    if (answer.status === 'rejected') remarks.push(`${name} was not listed: ${messageOf(answer.reason)}`);
    else {
      remarks.push(`${name} lists ${counted(answer.value.length, 'wiki')}`);
      for (const wiki of answer.value) wikis.add(wiki);
    }
  }
  if (wikis.size > 0) return { wikis: [...wikis].toSorted(), named: false, remarks };
  throw new UsageError(
    'NO_WIKIS',
    `expected folders of wikis in ${folder || 'the root'} of a mirror; ${remarks.join('; ')}`,
  );
}

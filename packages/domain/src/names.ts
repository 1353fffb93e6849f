import { z } from 'zod';
import { PermanentError } from './errors.js';

/** What a file may be called: nothing that a path or a shell would read otherwise. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/;
/** What a wiki may be called: MediaWiki's installer allows a plus sign in a database's name. */
const WIKI_NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}$/;

export const NAME_RULE = '1 to 200 of A-Z a-z 0-9 . _ -, not beginning with a dot or a dash';
export const WIKI_NAME_RULE = '1 to 200 of A-Z a-z 0-9 . _ + -, not beginning with a dot, a plus or a dash';

export const nameSchema = z.string().regex(NAME, `expected ${NAME_RULE}`);

export const wikiNameSchema = z.string().regex(WIKI_NAME, `expected ${WIKI_NAME_RULE}`);

export function isName(value: string): boolean {
  return NAME.test(value);
}

export function isWikiName(value: string): boolean {
  return WIKI_NAME.test(value);
}

/** Returns `value` if it may be a name, else throws `NAME_REFUSED`. `what` says whose name it is. */
export function checkName(what: 'file' | 'wiki', value: string): string {
  if ((what === 'wiki' ? WIKI_NAME : NAME).test(value)) return value;
  const received = JSON.stringify(value.slice(0, 250));
  throw new PermanentError(
    'NAME_REFUSED',
    `the name of a ${what} is refused: expected ${what === 'wiki' ? WIKI_NAME_RULE : NAME_RULE}; received ${received}`,
    { received },
  );
}

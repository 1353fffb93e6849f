// `#REDIRECT [[target]]`, in the words of each language.

import { COLON, CLOSE_BRACKET, find, HASH, isBlank, OPEN_BRACKET, PIPE, skipBlanks, skipBlanksBack } from './bytes';
import { copyLower, lookUp, REDIRECT } from './dictionary';
import { INPUT, inputEnd, SCRATCH } from './layout';
import { isTitle } from './links';

/** Whether the text is a redirect: its link comes first. */
export function isRedirect(): bool {
  const from = skipBlanks(INPUT, inputEnd);
  if (load<u8>(from) != HASH && load<u8>(from) < 0x80) return false;
  const most = min(inputEnd, from + 64);
  let end = from;
  while (end < most && !isBlank(load<u8>(end)) && load<u8>(end) != COLON && load<u8>(end) != OPEN_BRACKET) end += 1;
  if (end == from || lookUp(REDIRECT, SCRATCH, copyLower(from, end, SCRATCH)) == 0) return false;
  let at = skipBlanks(end, inputEnd);
  if (load<u8>(at) == COLON) at = skipBlanks(at + 1, inputEnd);
  if (load<u16>(at) != 0x5b5b) return false;
  const close = find(CLOSE_BRACKET, at, inputEnd);
  if (close == inputEnd || load<u16>(close) != 0x5d5d) return false;
  let to = at + 2;
  while (to < close && load<u8>(to) != PIPE) to += 1;
  let target = skipBlanks(at + 2, to);
  if (load<u8>(target) == COLON) target = skipBlanks(target + 1, to);
  return isTitle(target, skipBlanksBack(target, to));
}

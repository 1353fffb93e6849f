// Language converter: `-{text}-`, `-{zh-hans:text; zh-hant:text}-`, `-{flags|…}-`. Of several variants the first is shown.

import { COLON, HYPHEN, isLetter, SEMICOLON, skipBlanks, skipBlanksBack, isDigit } from './bytes';
import { emit, emitInline } from './emit';
import { findPipe } from './links';
import * as o from './output';
import { step } from './steps';
import { endOf, nextOf, NODE_BYTES, startOf } from './tree';

export function emitVariant(variant: usize): void {
  const from = startOf(variant) + 2;
  const to = endOf(variant) - 2;
  const node = variant + NODE_BYTES;
  const last = nextOf(variant);
  const pipe = findPipe(from, to, node, last);
  let begin = from;
  if (pipe < to) {
    // languages: the text is for those
    if (load<u8>(from) - 0x61 < 26) {
      emit(pipe + 1, to, node, last);
      return;
    }
    // hidden, removed, or the page's title
    for (let at = from; at < pipe; at += 1) {
      const flag = load<u8>(at);
      if (flag == 0x48 || flag == 0x54 || flag == HYPHEN) {
        o.setAfterDrop(true);
        return;
      }
    }
    begin = pipe + 1;
    if (load<u8>(from) == 0x52) {
      emitInline(begin, to, node, last);
      return;
    }
  }
  const content = begin;
  begin = skipBlanks(begin, to);
  let code = begin;
  while (code < to && (isLetter(load<u8>(code)) || isDigit(load<u8>(code)) || load<u8>(code) == HYPHEN)) code += 1;
  if (code == begin || load<u8>(code) != COLON || code - begin > 12) {
    emit(content, to, node, last);
    return;
  }
  const text = skipBlanks(code + 1, to);
  let end = text;
  let n = node;
  while (true) {
    while (n != last && startOf(n) < end) n = nextOf(n);
    const stop = n != last ? min(startOf(n), to) : to;
    while (end < stop && load<u8>(end) != SEMICOLON) end += 1;
    step(1);
    if (end < stop || n == last || stop == to) break;
    end = endOf(n);
    n = nextOf(n);
  }
  step(1 + (u32(end - text) >> 3));
  emitInline(text, skipBlanksBack(text, end), node, last);
}

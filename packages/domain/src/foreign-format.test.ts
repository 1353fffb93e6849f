import assert from 'node:assert/strict';
import { foreignFormatError, foreignFormatOf } from './foreign-format.js';

const DUMP = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/">\n  <page>';

/** A tar header as `tar --format=v7` writes it: without a magic, with the sum of its own bytes. */
function oldTar(): Buffer {
  const header = Buffer.alloc(512);
  header.write('dump.xml', 0);
  header.write('0000644\0', 100);
  header.write('00000000123\0', 124);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

const hex = (bytes: string): Buffer => Buffer.concat([Buffer.from(bytes, 'hex'), Buffer.alloc(40, 0x61)]);

describe('foreignFormatOf', () => {
  const dumps: [name: string, bytes: Uint8Array][] = [
    ['bzip2', Buffer.from('BZh91AY&SY')],
    ['gzip', hex('1f8b08')],
    ['XML', Buffer.from(DUMP)],
    [
      'XML with a byte-order mark, a declaration and a comment',
      Buffer.from(`\uFEFF<?xml version="1.0"?><!-- x -->${DUMP}`),
    ],
    ['XML in UTF-16', Buffer.from(`\uFEFF${DUMP}`, 'utf16le')],
    ['a page without a root', Buffer.from('  <page>\n    <title>A</title>')],
    ['the rest of a dump that was cut', Buffer.from('{{Infobox}} [[Link]] <html> text</text>')],
    ['a link and text of a dump that was cut', Buffer.from('[[Link]]</text></revision></page>')],
    ['the empty file', Buffer.alloc(0)],
  ];
  for (const [name, bytes] of dumps)
    it(`takes ${name} for what may be a dump`, () => assert.equal(foreignFormatOf(bytes, 'plain'), null));

  const foreign: [what: RegExp, bytes: Uint8Array][] = [
    [/xz/, hex('fd377a585a0000')],
    [/lzma/, hex('5d00008000ffffffffffffffff')],
    [/lzma/, hex('5d00000004ffffffffffffffff')],
    [/lzma/, hex('5d000010000012000000000000')],
    [/zstd/, hex('28b52ffd64')],
    [/zstd/, hex('502a4d1804000000')],
    [/lz4/, hex('04224d18')],
    [/lzip/, hex('4c5a495001')],
    [/lzop/, hex('894c5a4f000d0a1a0a')],
    [/compress/, hex('1f9d90')],
    [/zlib/, hex('789c')],
    [/zip/, hex('504b0304')],
    [/zip/, hex('504b0506')],
    [/7z/, hex('377abcaf271c')],
    [/rar/, hex('526172211a0700')],
    [/tar/, oldTar()],
    [/Parquet/, Buffer.from('PAR1aaaa')],
    [/ZIM/, hex('5a494d04')],
    [/zero bytes/, Buffer.alloc(4096)],
    [/HTML page, "301 Moved"/, Buffer.from('\r\n<!DOCTYPE html>\n<html><head><title>301 Moved</title>')],
    [/HTML/, Buffer.from('<html>\r\n<body>')],
    [/HTML/, Buffer.from(`<?xml version="1.0"?>\n<!DOCTYPE HTML PUBLIC "-//W3C">\n<html>`)],
    [/HTML/, Buffer.from('\uFEFF<html><body>', 'utf16le')],
    [/object store's answer, "NoSuchKey"/, Buffer.from('<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code></Error>')],
    [/JSON/, Buffer.from('{"error":"not found"}')],
    [/JSON/, Buffer.from('[\n  {}\n]')],
    [/SQL/, Buffer.from('-- MariaDB dump 10.19')],
    [/multistream/, Buffer.from('600:10:AccessibleComputing\n600:12:Anarchism\n')],
    [/checksums/, Buffer.from('0123456789abcdef0123456789abcdef  twiki-20200101-pages-articles.xml.bz2\n')],
    [/Git LFS/, Buffer.from('version https://git-lfs.github.com/spec/v1\n')],
    [/torrent/, Buffer.from('d8:announce35:udp')],
  ];
  for (const [what, bytes] of foreign)
    it(`recognizes ${what.source}`, () => {
      for (const inside of ['plain', 'bzip2', 'gzip'] as const)
        assert.match(foreignFormatOf(bytes, inside)?.what ?? 'nothing', what);
    });

  it('recognizes bzip2 and gzip within each other, at any beginning', () => {
    assert.match(foreignFormatOf(hex('1f8b08'), 'bzip2')?.what ?? '', /gzip/);
    assert.match(foreignFormatOf(Buffer.from('BZh9'), 'bzip2')?.what ?? '', /bzip2/);
    assert.match(foreignFormatOf(Buffer.from('BZh9'), 'gzip')?.what ?? '', /bzip2/);
  });

  it('never fails on any bytes', () => {
    for (let n = 0; n < 3000; n += 1) {
      const bytes = Buffer.from(Array.from({ length: n % 600 }, (_, at) => (at * 31 + n * n) & 0xff));
      foreignFormatOf(bytes, 'plain');
    }
  });
});

describe('foreignFormatError', () => {
  const suggested = (bytes: Uint8Array, inside: 'plain' | 'bzip2' | 'gzip', path?: string): string => {
    const format = foreignFormatOf(bytes, inside);
    assert.ok(format !== null);
    const error = foreignFormatError(format, { inside, path: path ?? null });
    assert.equal(error.code, 'FORMAT_REFUSED');
    assert.ok(error.message.startsWith(`expected ${error.expected}; received ${error.received}. `));
    return error.message.slice(error.message.lastIndexOf(': ') + 2);
  };
  const xz = hex('fd377a585a0000');
  const commands: [bytes: Uint8Array, inside: 'plain' | 'bzip2' | 'gzip', path: string | undefined, command: string][] =
    [
      [xz, 'plain', undefined, 'xz -dc FILE | bzip2 > FILE.xml.bz2'],
      [xz, 'plain', 'a/dump.xml.xz', 'xz -dc a/dump.xml.xz | bzip2 > a/dump.xml.bz2'],
      [xz, 'plain', 'dump.xml.bz2', 'xz -dc dump.xml.bz2 | bzip2 > dump-repacked.xml.bz2'],
      [xz, 'plain', "it's.xz", `xz -dc 'it'\\''s.xz' | bzip2 > 'it'\\''s.xml.bz2'`],
      [xz, 'plain', '-rf.xz', 'xz -dc ./-rf.xz | bzip2 > ./-rf.xml.bz2'],
      [xz, 'plain', 'a\u001B[2J\nb.xz', 'xz -dc FILE | bzip2 > FILE.xml.bz2'],
      [xz, 'bzip2', 'd.bz2', 'bzip2 -dc d.bz2 | xz -dc | bzip2 > d.xml.bz2'],
      [hex('1f8b08'), 'bzip2', 'd.bz2', 'bzip2 -dc d.bz2 | gzip -dc | bzip2 > d.xml.bz2'],
      [Buffer.from('BZh9'), 'gzip', 'd.xml.bz2.gz', 'gzip -dc d.xml.bz2.gz > d.xml.bz2'],
      [hex('504b0304'), 'plain', 'd.zip', 'unzip -p d.zip | bzip2 > d.xml.bz2'],
      [hex('504b0304'), 'gzip', 'd.zip.gz', 'gzip -dc d.zip.gz | funzip | bzip2 > d.xml.bz2'],
      [oldTar(), 'gzip', 'd.tgz', 'gzip -dc d.tgz | tar -xOf - | bzip2 > d.xml.bz2'],
      [hex('377abcaf271c'), 'bzip2', 'd', 'bzip2 -dc d > d.xml.bz2.7z && 7z x -so d.xml.bz2.7z | bzip2 > d.xml.bz2'],
    ];
  for (const [bytes, inside, path, command] of commands)
    it(`suggests ${command.replaceAll('\n', ' ')}`, () => assert.equal(suggested(bytes, inside, path), command));
});

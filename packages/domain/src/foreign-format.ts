import { containerOf } from './containers.js';
import type { Container } from './containers.js';
import { PermanentError } from './errors.js';

/**
 * What lies under a dump's name and is no dump: another compression or archive, a server's page, another file of the
 * same mirror. Recognized by the first bytes; a dump never begins like any of them.
 */
export interface ForeignFormat {
  /** Goes on after "received": `an xz file`. */
  readonly what: string;
  /** How the dump in it is unpacked; null where there is none in it. */
  readonly unpack: Unpacking | null;
  /** What to do where `unpack` is null. */
  readonly advice: string;
}

interface Unpacking {
  /** A shell command that reads this (quoted) file and writes the dump to standard output. */
  readonly fromFile: (file: string) => string;
  /** The same from standard input; null where the format needs a file. */
  readonly fromInput: string | null;
  /** The format's usual extension. */
  readonly extension: string;
}

/** As many first bytes as `foreignFormatOf` needs: a tar header. With more it also finds the title of an HTML page. */
export const FORMAT_BYTES = 512;
/** Text formats are looked for in so many bytes. */
const MAX_TEXT_BYTES = 4096;

const DOWNLOAD_AGAIN = 'Download the dump again';
const PAGES_FILE = 'The pages are in the files named …-pages-….xml.bz2 (or -stub-….xml.gz) of the same run';

/** A format whose program writes to standard output with `-dc`, from a file or from standard input. */
function filter(what: string, extension: string, command: string): [string, Unpacking] {
  return [what, { fromFile: (file) => `${command} ${file}`, fromInput: command, extension }];
}

/** By their first bytes, in hexadecimal. */
const PACKED: readonly [firstBytes: string, ...ReturnType<typeof filter>][] = [
  ['fd377a585a00', ...filter('an xz file', 'xz', 'xz -dc')],
  ['28b52ffd', ...filter('a zstd file', 'zst', 'zstd -dc')],
  ['04224d18', ...filter('an lz4 file', 'lz4', 'lz4 -dc')],
  ['02214c18', ...filter('an lz4 file', 'lz4', 'lz4 -dc')],
  ['4c5a4950', ...filter('an lzip file', 'lz', 'lzip -dc')],
  ['894c5a4f000d0a1a0a', ...filter('an lzop file', 'lzo', 'lzop -dc')],
  ['1f9d', ...filter('a file of compress', 'Z', 'gzip -dc')],
  ['1f1e', ...filter('a file of pack', 'z', 'gzip -dc')],
  ['1fa0', ...filter('a file of compress -H', 'z', 'gzip -dc')],
  ['7801', ...filter('a zlib stream', 'zz', 'pigz -dc')],
  ['785e', ...filter('a zlib stream', 'zz', 'pigz -dc')],
  ['789c', ...filter('a zlib stream', 'zz', 'pigz -dc')],
  ['78da', ...filter('a zlib stream', 'zz', 'pigz -dc')],
  ...['504b0304', '504b0506', '504b0708', '504b3030504b0304'].map((start): [string, string, Unpacking] => [
    start,
    'a zip archive',
    { fromFile: (file) => `unzip -p ${file}`, fromInput: 'funzip', extension: 'zip' },
  ]),
  ['377abcaf271c', 'a 7z archive', { fromFile: (file) => `7z x -so ${file}`, fromInput: null, extension: '7z' }],
  ['526172211a07', 'a rar archive', { fromFile: (file) => `unrar p -inul ${file}`, fromInput: null, extension: 'rar' }],
];

/** Properties of every encoder, a dictionary of at least 64 KiB, and a size that is unknown or below 1 TiB. */
const LZMA_HEADER = /^5d0000[0-9a-f]{4}(?:f{16}|[0-9a-f]{10}000000)/;
const TAR: Unpacking = { fromFile: (file) => `tar -xOf ${file}`, fromInput: 'tar -xOf -', extension: 'tar' };
const NESTED: Readonly<Record<Exclude<Container, 'plain'>, ForeignFormat>> = {
  bzip2: packed(...filter('bzip2 data', 'bz2', 'bzip2 -dc')),
  gzip: packed(...filter('gzip data', 'gz', 'gzip -dc')),
};

const OTHER: readonly [firstBytes: string, what: string, advice: string][] = [
  ['50415231', 'a Parquet file', 'It may hold rows that were converted before; the dump is another file'],
  ['4f626a01', 'an Avro file', DOWNLOAD_AGAIN],
  ['4f5243', 'an ORC file', DOWNLOAD_AGAIN],
  ['53514c69746520666f726d61742033', 'an SQLite database', DOWNLOAD_AGAIN],
  ['5a494d04', 'a ZIM file (of Kiwix)', 'It holds rendered pages and cannot be converted; download the XML dump'],
  ['255044462d', 'a PDF file', DOWNLOAD_AGAIN],
  ['89504e470d0a', 'a PNG picture', DOWNLOAD_AGAIN],
  ['ffd8ff', 'a JPEG picture', DOWNLOAD_AGAIN],
  ['7f454c46', 'a program (ELF)', DOWNLOAD_AGAIN],
];

const TEXTS: readonly [pattern: RegExp, what: string, advice: string][] = [
  [
    /^<(?:!doctype\s+html|html|head|body|title)[\s>]/i,
    'an HTML page',
    'A server sent it instead of the dump (an error, a redirect or a login): check the address, and download the file again',
  ],
  [
    /^<(?:Error|ListBucketResult)[\s>]/,
    "an object store's answer",
    'It came instead of the dump: check the address, and download the file again',
  ],
  [/^(?:\{\s*["}]|\[\s*[{"\]])/, 'JSON', 'A server may have sent it instead of the dump, or it holds rows already'],
  [/^-- (?:MySQL|MariaDB|Dump|phpMyAdmin)|^\/\*M?!\d*/, "an SQL dump of a wiki's database", PAGES_FILE],
  [/^\d+:\d+:[^\n]*\n\d+:\d+:/, 'the index of a multistream dump', PAGES_FILE],
  [/^[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})? [ *]\S/i, 'a list of checksums', PAGES_FILE],
  [
    /^version https:\/\/git-lfs\.github\.com\/spec\//,
    'a pointer of Git LFS',
    'Fetch the file itself with git lfs pull',
  ],
  [/^d\d+:announce/, 'a torrent file', 'It only describes the dump: download the dump with a BitTorrent client'],
  [/^HTTP\/\d(?:\.\d)? \d{3}/, "a server's answer with its header", DOWNLOAD_AGAIN],
];

function packed(what: string, unpack: Unpacking): ForeignFormat {
  return { what, unpack, advice: '' };
}

/**
 * What a file is by its first bytes where it is nothing that can be converted; null where it may be a dump. `inside` is
 * the container that these bytes were unpacked from: bzip2 and gzip are foreign only within another one.
 */
export function foreignFormatOf(firstBytes: Uint8Array, inside: Container): ForeignFormat | null {
  const container = containerOf(firstBytes);
  if (container !== 'plain') return inside === 'plain' ? null : NESTED[container];
  const hex = Buffer.from(firstBytes.subarray(0, 16)).toString('hex');
  for (const [start, what, unpack] of PACKED) if (hex.startsWith(start)) return packed(what, unpack);
  if (LZMA_HEADER.test(hex)) return packed(...filter('an lzma file', 'lzma', 'xz --format=lzma -dc'));
  // skippable frames, with which parallel zstd begins
  if (/^5[0-9a-f]2a4d18/.test(hex)) return packed(...filter('a zstd file', 'zst', 'zstd -dc'));
  if (isTar(firstBytes)) return packed('a tar archive', TAR);
  for (const [start, what, advice] of OTHER) if (hex.startsWith(start)) return { what, unpack: null, advice };
  if (firstBytes.length >= 16 && firstBytes.subarray(0, FORMAT_BYTES).every((byte) => byte === 0)) {
    return {
      what: 'zero bytes',
      unpack: null,
      advice: `A download that was not finished may leave them. ${DOWNLOAD_AGAIN}`,
    };
  }
  return foreignText(textOf(firstBytes));
}

/** A tar header holds the sum of its own bytes; of a shorter piece only its magic is looked for. */
function isTar(bytes: Uint8Array): boolean {
  if (bytes.length < FORMAT_BYTES) return Buffer.from(bytes.subarray(257, 262)).toString('latin1') === 'ustar';
  const header = Buffer.from(bytes.subarray(0, FORMAT_BYTES));
  const stated = /^[ 0]*([0-7]{1,7})[ \0]/.exec(header.toString('latin1', 148, 156));
  if (stated === null) return false;
  header.fill(0x20, 148, 156);
  return header.reduce((sum, byte) => sum + byte, 0) === Number.parseInt(stated[1] ?? '', 8);
}

function textOf(bytes: Uint8Array): string {
  const first = Buffer.from(bytes.subarray(0, MAX_TEXT_BYTES));
  const isLittle = first[0] === 0xff && first[1] === 0xfe;
  const isBig = first[0] === 0xfe && first[1] === 0xff;
  if (!isLittle && !isBig) return first.toString('utf8');
  const even = first.subarray(0, first.length & ~1);
  return (isBig ? even.swap16() : even).toString('utf16le');
}

function foreignText(text: string): ForeignFormat | null {
  // an XHTML page or an answer of S3 begins with a declaration too
  const begin = text.replace(/^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*/, '');
  for (const [pattern, what, advice] of TEXTS) {
    if (!pattern.test(begin)) continue;
    const title = /<(?:title|code)[^<>]*>\s*([^<]{1,100})/i.exec(begin)?.[1]?.trim();
    const isMarkup = begin.startsWith('<') && title !== undefined;
    return { what: isMarkup ? `${what}, ${JSON.stringify(title)}` : what, unpack: null, advice };
  }
  return null;
}

/**
 * The error for a file of a foreign format: what it is, and a command that makes a dump of it. `path` is the local file
 * that the command is about; without it, the command says FILE.
 */
export function foreignFormatError(
  format: ForeignFormat,
  { inside, path = null }: { readonly inside: Container; readonly path?: string | null },
): PermanentError {
  const expected = 'a dump as bzip2, gzip or plain XML';
  const received = inside === 'plain' ? format.what : `${format.what} inside of ${inside}`;
  const advice =
    format.unpack === null ? format.advice : `Make a dump of it: ${commandFor(format.unpack, inside, path)}`;
  return new PermanentError('FORMAT_REFUSED', `expected ${expected}; received ${received}. ${advice}`, {
    expected,
    received,
    place: 'byte 0',
  });
}

function commandFor({ fromFile, fromInput, extension }: Unpacking, inside: Container, path: string | null): string {
  const name = path !== null && isPlainText(path) ? path : 'FILE';
  const file = quoted(name);
  const dump = quoted(dumpName(name));
  if (inside === 'plain') return `${fromFile(file)} | bzip2 > ${dump}`;
  const outer = `${inside === 'gzip' ? 'gzip' : 'bzip2'} -dc ${file}`;
  // what is inside is a dump of bzip2
  if (extension === 'bz2') return `${outer} > ${dump}`;
  if (fromInput !== null) return `${outer} | ${fromInput} | bzip2 > ${dump}`;
  const between = quoted(`${dumpName(name)}.${extension}`);
  return `${outer} > ${between} && ${fromFile(between)} | bzip2 > ${dump}`;
}

/** `dump.xml.xz` becomes `dump.xml.bz2`; a name that is so already gets another one, as a file cannot be read and written at once. */
function dumpName(path: string): string {
  const stem = path.replace(/(?:\.(?:xz|lzma|zstd?|lz4|lz|lzop?|zz?|zip|7z|rar|tar|t[gx]z|tbz2?|bz2|gz|xml))+$/i, '');
  const name = `${stem}.xml.bz2`;
  return name === path ? `${stem}-repacked.xml.bz2` : name;
}

function isPlainText(path: string): boolean {
  return /^[\p{L}\p{N}\p{M}\p{P}\p{S} ]+$/u.test(path);
}

/** For a POSIX shell. */
function quoted(path: string): string {
  const safe = path.startsWith('-') ? `./${path}` : path;
  return /^[\w./+:@%,-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", `'\\''`)}'`;
}

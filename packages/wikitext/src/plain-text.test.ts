import assert from 'node:assert/strict';
import type { TextColumn } from '@wikifleet/domain/text-columns';
import type { WikiWords } from './dictionary.js';
import { WikitextKernel } from './wikitext-kernel.js';

/** Language, what it shows, wikitext, text. Inputs of our own, of the kinds that users report of other tools. */
const TEXTS: readonly (readonly [language: string, what: string, wikitext: string, text: string])[] = [
  // words lost with templates in mid-sentence
  ['en', 'a unit in mid-sentence', 'The {{convert|12|mi|km}} road', 'The 12 miles (19 km) road'],
  ['en', 'a temperature', 'at {{convert|32|F|C}} and {{cvt|3|to|5|C}}', 'at 32 °F (0 °C) and 3 to 5 °C (37 to 41 °F)'],
  ['en', 'a range', '{{convert|25|by|100|ft}}', '25 by 100 feet (7.6 by 30.5 m)'],
  [
    'en',
    'feet and inches',
    '{{convert|1.96|m}} or {{convert|6|ft|5|in|cm}}',
    '1.96 metres (6 ft 5 in) or 6 feet 5 inches (196 cm)',
  ],
  ['en', 'an adjective', 'a {{convert|5|km|mi|adj=on}} run', 'a 5-kilometre (3.1 mi) run'],
  ['en', 'American spelling', '{{convert|4|e6mi|abbr=off|sp=us}}', '4 million miles (6.4 million kilometers)'],
  ['en', 'a unit that is not known', '{{convert|5|quux}} of it', '5 quux of it'],
  ['en', 'Japanese', '{{nihongo|Mount Fuji|富士山|Fujisan}} is', 'Mount Fuji (富士山, Fujisan) is'],
  ['en', 'a language with a transliteration', '{{lang-ru|Москва|Moskva}}', 'Russian: Москва, romanized: Moskva'],
  ['en', 'pronunciation', '{{IPAc-en|UK|ˈ|l|ʌ|n}}', 'UK: /ˈlʌn/'],
  ['en', 'coordinates', 'at {{coord|57|18|22|N|4|27|32|W|display=inline}} there', 'at 57°18′22″N 4°27′32″W there'],
  ['en', 'chemistry', '{{chem|CO|2}} and {{chem2|H2SO4}}', 'CO2 and H2SO4'],
  ['en', 'a value', '{{val|1.5|0.2|e=6|u=km}}', '(1.5±0.2)×106 km'],
  ['en', 'a ship', '{{HMS|Victory}} and {{SS|Normandie}}', 'HMS Victory and SS Normandie'],
  ['en', 'money', '{{US$|5 million}}, {{€|7}}', 'US$5 million, €7'],
  ['en', 'an interlanguage link', '{{ill|Some Person|de}} said', 'Some Person said'],
  ['en', 'a condition', '{{#if:x|yes|no}} {{#ifeq:a|b|same|other}} {{#switch:b|a=1|b=2}}', 'yes other 2'],
  ['en', 'templates within templates', '{{nowrap|{{lang|la|{{small|ipse}}}}}}', 'ipse'],
  ['en', 'a template that nobody knows', 'It {{frobnicate|x}}, ends.', 'It, ends.'],
  ['en', 'a parenthesis of which nothing is left', 'Foo ({{audio|x}}) is', 'Foo is'],
  ['en', 'the first of several in a parenthesis', 'Foo ({{audio|x}}; born 1950) is', 'Foo (born 1950) is'],
  // headings and lists lost
  ['en', 'nested lists', '* a\n** b\n*# c\n: d', 'a\nb\nc\nd'],
  ['en', 'a definition', '; term : meaning\n: more', 'term\nmeaning\nmore'],
  ['en', 'a heading with a comment behind it', '== A == <!-- b -->\nc', 'A\n\nc'],
  ['en', 'a list in a template', '{{flatlist|\n* a\n* b\n}}', 'a\nb'],
  ['en', 'HTML lists and headings', '<h2>A</h2><ul><li>b</li><li>c</li></ul>', 'A\n\nb\nc'],
  // tables and their remains
  ['en', 'a nested table', 'a\n{|\n| b\n{|\n| c\n|}\n|}\nd', 'a\n\nd'],
  ['en', 'a table in HTML', 'a<table><tr><td>b</td></tr></table>c', 'a\n\nc'],
  ['en', 'a table without an end', 'a\n{|\n| b\n== C ==\nd', 'a\n\nC\n\nd'],
  ['en', 'what a style hides', 'a<span style="display:none">b</span>c', 'ac'],
  // references
  ['en', 'references of all forms', 'a<ref>b</ref> c<ref name=d/> e<REF name="f">g{{h</REF> i', 'a c e i'],
  ['en', 'a reference without an end', 'a<ref>b', 'a<ref>b'],
  // links
  ['en', 'a link in a caption', '[[File:A.jpg|thumb|b [[c]] d]]e', 'e'],
  ['en', 'pipes and trails', "[[a|b]]s [[c]]d ''[[e|''f'']]''", 'bs cd f'],
  ['en', 'a link that is none', '[[a|b [[c]] [[]] [[d', '[[a|b c [[]] [[d'],
  ['en', 'apostrophes', "'''b''' ''i'' l'''a''' d''e 'x'", "b i la de 'x'"],
  ['en', 'entities', '&lt;b&gt; &eacute; &#8211; &nosuch;', '<b> é – &nosuch;'],
  ['en', 'a comparison', 'a < b and c > d <foo>', 'a < b and c > d <foo>'],
  // languages
  [
    'de',
    'German',
    "'''Köln''' [[Datei:A.jpg|mini|Dom]] liegt am [[Rhein]].\n[[Kategorie:Köln]]\n== Einzelnachweise ==\n<references />",
    'Köln liegt am Rhein.',
  ],
  [
    'fr',
    'French',
    "[[Fichier:A.jpg|vignette]]'''Paris''' est la [[capitale]].\n== Liens externes ==\n* [http://a b]",
    'Paris est la capitale.',
  ],
  ['ru', 'Russian', '[[файл:A.jpg|мини|Вид]]Москва — [[Столица|столица]].\n[[Категория:Города]]', 'Москва — столица.'],
  [
    'el',
    'Greek',
    "Η '''Έδεσσα''' είναι [[πόλη]].[[Αρχείο:A.jpg|thumb]] {{marker|name=Πάρκο|lat=1}}\n[[κατηγορία:Πόλεις]]",
    'Η Έδεσσα είναι πόλη. Πάρκο',
  ],
  ['bn', 'Bengali', "'''দুর্গা''' ({{lang-sa|दुर्गा}}) [[চিত্র:A.jpg|thumb]]\n[[বিষয়শ্রেণী:দেবী]]", 'দুর্গা (সংস্কৃত: दुर्गा)'],
  ['ar', 'Arabic', '[[ملف:A.jpg|تصغير]]القاهرة [[عاصمة]] مصر.\n[[تصنيف:مدن]]', 'القاهرة عاصمة مصر.'],
  [
    'ja',
    'Japanese',
    "'''東京'''は[[日本]]の[[首都]]。[[ファイル:A.jpg|サムネイル]]\n[[カテゴリ:東京]]",
    '東京は日本の首都。',
  ],
  ['zh', 'Chinese with variants', '-{zh-hans:计算机; zh-hant:電腦}-是[[机器]]', '计算机是机器'],
  ['en', 'what is a variant only elsewhere', 'a -{b}- c', 'a -{b}- c'],
];

const RECORDS: readonly (readonly [what: string, wikitext: string, column: TextColumn, value: unknown])[] = [
  ['a link with an anchor', '[[foo bar#a_b|c]]', 'links', [{ target: 'Foo bar', anchor: 'a b', label: 'c' }]],
  ['a link in a table', '{|\n| [[a]]\n|}', 'links', [{ target: 'A', anchor: null, label: '' }]],
  ['a link to a file', '[[:File:a.jpg]]', 'links', [{ target: 'File:A.jpg', anchor: null, label: 'File:a.jpg' }]],
  ['a redirect', '#REDIRECT [[a#b]]', 'links', [{ target: 'A', anchor: 'b', label: 'a#b' }]],
  ['the text of a redirect', '#REDIRECT [[a#b]]', 'plain_text', null],
  [
    'categories',
    '[[category: a_b|k]][[Category:C]]',
    'categories',
    [
      { name: 'A b', sort_key: 'k' },
      { name: 'C', sort_key: null },
    ],
  ],
  [
    'sections',
    'a\n== B ==\nc\n=== D ===\n== References ==\nx',
    'sections',
    [
      { level: 0, title: '', text: 'a' },
      { level: 2, title: 'B', text: 'c' },
      { level: 3, title: 'D', text: '' },
    ],
  ],
  [
    'templates',
    '{{lang|fr|a}} {{x_y}} {{lang|fr|b}} {{x y}}',
    'templates',
    [
      { name: 'Lang', count: 2, rendered: 2 },
      { name: 'X y', count: 2, rendered: 0 },
    ],
  ],
];

describe('the text of wikitext', () => {
  const kernels = new Map<string, WikitextKernel>();
  const kernelOf = (language: string): WikitextKernel => {
    const words: WikiWords = { language, namespaces: [] };
    const kernel = kernels.get(language) ?? new WikitextKernel(words);
    kernels.set(language, kernel);
    return kernel;
  };

  for (const [language, what, wikitext, text] of TEXTS)
    it(`of ${what}`, () => {
      const kernel = kernelOf(language);
      assert.ok(kernel.parse(Buffer.from(wikitext)));
      assert.equal(kernel.plainText()?.toString(), text);
    });

  for (const [what, wikitext, column, value] of RECORDS)
    it(`has beside it ${what}`, () => {
      const body = Buffer.from(JSON.stringify(wikitext).slice(1, -1));
      const json = `{"a":0${kernelOf('en').columns(body, [column]).bytes.toString()}}`;
      assert.deepEqual((JSON.parse(json) as Record<string, unknown>)[column], value);
    });

  it('is refused where it is too long', () => {
    const long = Buffer.alloc(4 * 1024 * 1024 + 1, 'a');
    const { bytes, refusal } = kernelOf('en').columns(long, ['plain_text']);
    assert.deepEqual([bytes.toString(), refusal], [',"plain_text":null', 'too-long']);
    assert.equal(kernelOf('en').columns(long.subarray(1), ['plain_text']).refusal, null);
  });
});

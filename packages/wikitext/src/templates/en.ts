import type { TemplateTable } from './template-tables.js';

/**
 * Templates of the English Wikipedia that carry words in prose, by kind. Many other wikis took these names over, so the rules
 * hold everywhere, unless a wiki's own table says otherwise. Names are compared without regard to the case of ASCII letters.
 */
export const ENGLISH_TEMPLATES: TemplateTable = [
  // units
  ['{@convert}', 'convert, con, conv'],
  ['{@convert short}', 'cvt'],

  // languages
  ['{2|text}', 'lang, script, lang-unset, rtl-lang, wikt-lang, langr, lang-x'],
  ["[{@language}: ][{2|text}[, {3|translit}][, lit. '{4|lit}']]", 'langx, lang-en-langx'],
  ['{3|2|1}', 'transliteration, transl, translit, tlit, xlit, rtgs, iast, iso 15919'],
  ["'{1}'", 'gloss, literal translation gloss'],
  ["lit. '{1|lk=}'[ or '{2}']", 'lit, literally, literal translation, literal'],
  ['{1}[ ({2}[, {3}])]', 'nihongo, nihongo4, nihongo core'],
  ['{1}', 'nihongo2, nihongo foot'],
  ['{3|1}[ ({1a}{2}[, {1b}])]', 'nihongo3, nihongo krt'],
  ['{1|c|s|t|h|j|l|ja|ko}', 'zhi, zhs-text'],
  [
    "[Chinese: {c}][simplified Chinese: {s}][; traditional Chinese: {t}][; pinyin: {p}][; Wade–Giles: {w}][; Jyutping: {j}][; lit. '{l}']",
    'zh, zh-cn',
  ],
  ['Korean: {hangul|1}[; Hanja: {hanja|2}][; RR: {rr|3}][; MR: {mr|4}]', 'korean, ko-hhrm'],
  ['{1|hangul}', 'korean text'],
  ['{1}', 'ipa, script/arabic, script/hebrew, script/greek, unicode, polytonic'],
  ['{2|1}', 'native name, native phrase'],
  ['{1|2}', 'script/nastaliq, nastaliq, script/cyrillic, hebrew, arabic script, large'],

  // pronunciation
  ['{@pronunciation}', 'ipac-en'],
  ['{*1;-}', 'respell, pronunciation respelling'],
  [
    '\\[{1}\\]',
    'ipa-all, ipa-de, ipa-fr, ipa-es, ipa-it, ipa-pt, ipa-ru, ipa-pl, ipa-ja, ipa-nl, ipa-sv, ipa-tr, ipa-az, ipa-el, ipa-hu, ipa-cs, ipa-da, ipa-no, ipa-fi, ipa-ro, ipa-uk, ipa-ar, ipa-he, ipa-fa, ipa-ko, ipa-th, ipa-vi, ipa-ca, ipa-ga, ipa-cy, ipa-hi, ipa-la, ipa-grc, ipa-sh, ipa-sr, ipa-bg, ipa-lt, ipa-lv, ipa-et, ipa-is, ipa-sk, ipa-sl, ipa-eu, ipa-gl, ipa-mt, ipa-endia',
  ],
  ['/{1}/', 'ipa-en, ipaslink'],
  ['⟨{1}⟩', 'angbr, angle bracket, angbr ipa, grapheme'],
  ['/{1}/', 'slash ipa'],
  ['\\[{1}\\]', 'ipablink'],

  // dates and ages; an age that depends on the day is left out
  [
    '{@date 1}',
    'birth date, dob, bd, birth date and age, bda, birthdate, birth-date and age, birthdate and age, start date, start-date, end date, end-date, film date, start date and age, death date, deathdate, release date, launch date, dts, date table sorting, opening date, date, isotodmy, isotomdy',
  ],
  ['{@date 1 a}', 'death date and age, dda, death-date and age, deathdateandage'],
  ['{1}', 'birth-date, death-date, birth year, death year'],
  [
    '[{!lc}{!alt}{!since}As of ][{?lc}{!since}{!alt}as of ][{?since}{!alt}{!lc}Since ][{?since}{?lc}{!alt}since ][{!alt}{@monthDate}][{alt}][{post}]',
    'as of, asof, as-of',
  ],
  ['c. {1}[ – c. {2}]', 'circa, c., ca, ca., circa (date)'],
  ['r. {1}[ – {2}]', 'reign, r.-reign, ruled'],
  ['fl. {1}[ – {2}]', 'floruit, fl., flourished'],
  ['{1}[–{2}]', 'dash year, dash years, year range, yr-range'],
  ['b. {1}', 'born-in'],
  ['née {1}', 'née, nee'],
  ['né {1}', 'né'],
  ['{2|1}', 'adate'],
  ['{1} \\[O.S. {2}\\][ {3}]', 'old style date, os-date'],
  ['{1} {3} \\[O.S. {2}\\]', 'old style date dy, old style date ny'],
  ['({1}–{2})', 'lifespan, b-d'],
  ['{1}–{2}', 'seasonyear'],

  // numbers and fractions
  ['{@number}', 'formatnum, nts, number table sorting, val-int, format number'],
  ['{@value}', 'val, value, gaps-val'],
  ['{*1;}', 'gaps, digits'],
  ['[{?2}+{1}−{2}][{!2}±{1}]', '±, +-, plus or minus'],
  ['{@ordinal}', 'ordinal, ord, ordinal number'],
  ['[{?3}{1}+{2}⁄{3}][{!3}{?2}{1}⁄{2}][{!2}{?1}1⁄{1}]', 'frac, fraction, fract'],
  ['[{?3}{1}+{2}/{3}][{!3}{?2}{1}/{2}][{!2}{?1}1/{1}]', 'sfrac, tfrac, dfrac, cfrac'],
  ['½', '1/2, half, frac12'],
  ['¼', '1/4'],
  ['¾', '3/4'],
  ['×10{1}', 'e, e10, e-sp'],
  ['{1}×10{2}', 'sci, scinote'],
  ['10{1}', '10^'],
  ['[{1}]', 'hexadecimal, binary, octal'],
  ['{1}:{2}', 'ratio, map scale'],
  ['no. {1}', 'no.'],
  ['{1}h {2}m {3}s', 'ra'],
  ['{1}h[ {2}m][ {3}s]', 'hms, hours minutes seconds'],
  ['{1}°[ {2}′][ {3}″]', 'dec, dms, deg2dms'],
  ['{@coordinates}', 'coord, coor, coor dms, coor dm, coor d, coordinate'],

  // money
  ['US${1}', 'us$, usd, us dollar'],
  ['[{1|amount}]', 'currency, format price'],
  ['€{1}', 'euro, eur, €'],
  ['£{1}', 'gbp, pound sterling, £, uk£'],
  ['₹{1}', 'inr, rupee, indian rupee, indianrupee'],
  ['A${1}', 'a$, aud'],
  ['C${1}', 'cad, c$, canadian dollar'],
  ['NZ${1}', 'nz$, nzd'],
  ['¥{1}', 'yen, jpy, cny, ¥'],
  ['₩{1}', 'krw'],
  ['₱{1}', 'php, philippine peso, peso sign'],
  ['₨{1}', 'pkr'],
  ['R${1}', 'brl'],
  ['₽{1}', 'rub, ruble'],
  ['HK${1}', 'hkd, hk$'],

  // abbreviations, formatting
  ['{1}', 'abbr, tooltip, abbrlink, abbreviation, h:title, initialism, define, hover title, title-hover, dfn'],
  [
    '{1}',
    'nowrap, nobr, nobold, j, nb, nwr, small, smaller, big, larger, center, centre, normal, noitalic, bold, strong, strongbad, italic, i, b, em, emphasis, vanchor, visible anchor, visanc, smallcaps, sc, small caps, smallcaps2, sc2, sup, superscript, sub, subscript, code, tt, mono, monospace, samp, kbd, var, mvar, math, mathfont, serif, overline, underline, u, strike, s, del, ins, mark, highlight, highlight round, q, tq, talk quote, xt, xtn, mxt, !xt, red, green, blue, no wrap, nowr, nowraplinks, noprint, screen reader-only, allow wrap, wbr-text, larger text, script/latn, cite quote, normalcy, big text, title style, no-wrap, nolinebreak, text, plain text, bigmath, not a typo, typo, sic-text, as written, nat, proper name, notatypo, hanging indent, indent, block indent, right, left, stack, shy-text, citation needed span, fact span, cnspan, dubious span, according to whom span, color-text',
  ],
  [
    '{2}',
    'color, colour, font color, fontcolor, font colour, font, resize, background color, bg, fgcolor, size, style, textcolor, align, rotate, align text, fs interval, bgcolor',
  ],
  ['{3|2}', 'colored link, coloured link, color link, colored text, font color link'],
  ['{1} ({2})', 'ruby, ruby-ja'],
  ["'{1}'", 'gloss2'],
  ['[\\[]{1}[\\]]', 'bracket, brackets, sqbr, square bracket'],
  ['{1}[ {2}] \\[sic\\]', 'sic-verbose'],
  ['[{?hide}{1}[{2}]][{!hide}[{1}[{2}] ]\\[sic\\]]', 'sic, (sic), [sic]'],
  ['{1}', 'linktext, link text, wiktlink, wt, wikt link, wl, wtl'],
  ['{1}', 'not typo, as is'],
  ['{2|1}', 'hlink, wikt, wiktionary link, wikt-inline'],
  [
    '{lt|display|2a|1}',
    'ill, interlanguage link, link-interwiki, illm, interlanguage link multi, ill2, ill-wd, ill-wd2',
  ],
  ['{label|link|1}', 'annotated link, al, anl'],
  ['{1}[ § {2}]', 'section link, slink'],
  ['{2|1}', 'keypress link, noredirect, no redirect'],
  ['{2|name}', 'plainlink, plain link, url2'],
  ['{2|1}', 'url, official url, urls'],
  ['{1}', 'email'],
  ['{*1;+}', 'key press, keypress, key, keyboard'],
  ['{@upper}', 'uc, uppercase'],
  ['{@lower}', 'lc, lowercase'],
  ['{1}', 'ucfirst, lcfirst, trim, str trim, plain link text'],
  ['{1}', 'delink, formatting, unlink, strip tags'],
  ['{1}', 'vanc'],
  ['{1|2}', 'hatnote inline, inline hatnote'],
  ['{1}', 'char'],
  ['U+{1}[ {2}]', 'unichar, u+'],

  // characters
  [' – ', 'spaced ndash, spnd, snd, sndash, spndash, dash, nbspndash, – , spaced en dash'],
  [' — ', 'spaced mdash, snmd, spaced em dash, nbmdash-sp, emdash-spaced'],
  ['–', 'ndash, nsndash, en dash, endash, en-dash, nbnd, nbndash'],
  ['—', 'mdash, em dash, emdash, —'],
  ['‑', 'nbhyph, nbh, nb hyphen, non-breaking hyphen'],
  ['-', 'hyphen, hyp, shy-hyphen'],
  ['−', 'minus'],
  [
    ' ',
    'nbsp, space, spaces, nnbsp, thinsp, thin space, hair space, hairsp, sp, \\, ensp, emsp, figure space, pad, quad, 0, 00, px, gap',
  ],
  [' · ', 'dot, middot-sp, ·, •, bullet, bold dot, middot, nbdot, wdot, w·, interpunct, ;middot'],
  ['·', 'interp'],
  ['|', '!, pipe'],
  ['||', '!!'],
  ['=', '='],
  ['\\[', '(('],
  ['*', 'asterisk, *, star'],
  ["'", "', apostrophe, `"],
  ["'s", "'s"],
  ['"\'', '" \''],
  ['\'"', '\' "'],
  ['"\'', '"\''],
  ['\'"', '\'"'],
  ['ʻ', "okina, ʻ, 'okina"],
  ['ʿ', 'ayin, ayn'],
  ['ʾ', 'hamza, aleph, alif'],
  ['...', '...'],
  ['§ ', 'section sign'],
  ['†', 'dagger, †'],
  ['‡', 'double-dagger, double dagger, ddagger, ‡'],
  ['✓', 'tick-text'],
  ['°', 'degree, deg'],
  ['×', 'times, x'],
  ['&', 'amp'],
  ['♯', 'sharp, music sharp, sharp sign'],
  ['♭', 'flat, music flat, flat sign'],
  ['♮', 'natural, natural sign'],
  ['Δ', 'delta'],
  ['α', 'alpha'],
  ['β', 'beta'],
  ['γ', 'gamma'],
  ['λ', 'lambda'],
  ['μ', 'mu'],
  ['π', 'pi'],
  ['ρ', 'rho'],
  ['σ', 'sigma'],
  ['τ', 'tau'],
  ['φ', 'phi'],
  ['χ', 'chi'],
  ['ψ', 'psi'],
  ['ω', 'omega'],
  ['ε', 'epsilon'],
  ['θ', 'theta'],
  ['η', 'eta'],
  ['κ', 'kappa'],
  ['ξ', 'xi'],

  // quotations
  [
    '\n\n{text|quote|1|content}[\n— {author|sign|2|by|cite}[, {source|3|title}]]\n\n',
    'blockquote, quote, quotation, cquote, bquote, block quote, centered pull quote, centred pull quote, verse translation-one, cquote2, pull quote, pullquote, long quotation, quote without source, epigraph',
  ],
  ['\n\n{quote|1|text|content}[\n— {author|sign|2|by|cite}[, {source|3|title}]]\n\n', 'rquote'],
  ['\n\n{1|text}\n\n', 'poem, poemquote, poem quote, verse, lyrics, pre-text, verse translation-left, quotepoem'],
  ['\n\n{1}\n\n{2}\n\n', 'verse translation, text and translation'],

  // lists
  [
    '{items 1}',
    'unbulleted list, ubl, ublist, unbulleted, plainlist-items, bulleted list, blist, ordered list, unordered list, ul, ol, numbered list, bulleted, flat list-items, olist, bare list, unbulleted-list, ubt, vunblist, list, br list, br separated entries',
  ],
  ['{*1; · }', 'hlist, hlist-links, flatlist-inline, horizontal list, dot separated entries'],
  ['{*1;, }', 'comma separated entries, cslist, comma list, csl'],
  ['{*1;, ; and }', 'enum, and list, list to text'],
  ['{1}', 'flatlist, plainlist, plain list, flat list, indented plainlist, pbox, longitem, long item'],
  ['{1|content}', 'columns-list, col-list, columns list, cmn, collist, col list'],
  ['\n\n{1}', 'term, dt, glossary term'],
  ['\n{1|2}', 'defn, dd, glossary definition'],

  // places of Wikivoyage
  ['{name}', 'marker'],
  [
    '[{name}[ ({alt})][, {address}][, {directions}][. {content}]]',
    'listing, vcard, see, do, buy, eat, drink, sleep, go, city, prosvasi, proorismos',
  ],

  // names of ships, aircraft, planets and the like
  [
    '[{!3}USS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}USS {2}][{?3=5}USS {1}[ ({2})]][{?3=6}USS {1}]',
    'USS',
  ],
  [
    '[{!3}HMS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HMS {2}][{?3=5}HMS {1}[ ({2})]][{?3=6}HMS {1}]',
    'HMS',
  ],
  [
    '[{!3}HMAS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HMAS {2}][{?3=5}HMAS {1}[ ({2})]][{?3=6}HMAS {1}]',
    'HMAS',
  ],
  [
    '[{!3}HMCS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HMCS {2}][{?3=5}HMCS {1}[ ({2})]][{?3=6}HMCS {1}]',
    'HMCS',
  ],
  [
    '[{!3}HMNZS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HMNZS {2}][{?3=5}HMNZS {1}[ ({2})]][{?3=6}HMNZS {1}]',
    'HMNZS',
  ],
  [
    '[{!3}INS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}INS {2}][{?3=5}INS {1}[ ({2})]][{?3=6}INS {1}]',
    'INS',
  ],
  [
    '[{!3}SMS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}SMS {2}][{?3=5}SMS {1}[ ({2})]][{?3=6}SMS {1}]',
    'SMS',
  ],
  [
    '[{!3}SS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}SS {2}][{?3=5}SS {1}[ ({2})]][{?3=6}SS {1}]',
    'SS',
  ],
  [
    '[{!3}MS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}MS {2}][{?3=5}MS {1}[ ({2})]][{?3=6}MS {1}]',
    'MS',
  ],
  [
    '[{!3}MV {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}MV {2}][{?3=5}MV {1}[ ({2})]][{?3=6}MV {1}]',
    'MV',
  ],
  [
    '[{!3}RMS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}RMS {2}][{?3=5}RMS {1}[ ({2})]][{?3=6}RMS {1}]',
    'RMS',
  ],
  [
    '[{!3}USNS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}USNS {2}][{?3=5}USNS {1}[ ({2})]][{?3=6}USNS {1}]',
    'USNS',
  ],
  [
    '[{!3}USCGC {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}USCGC {2}][{?3=5}USCGC {1}[ ({2})]][{?3=6}USCGC {1}]',
    'USCGC',
  ],
  [
    '[{!3}USAT {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}USAT {2}][{?3=5}USAT {1}[ ({2})]][{?3=6}USAT {1}]',
    'USAT',
  ],
  [
    '[{!3}RFA {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}RFA {2}][{?3=5}RFA {1}[ ({2})]][{?3=6}RFA {1}]',
    'RFA',
  ],
  [
    '[{!3}GTS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}GTS {2}][{?3=5}GTS {1}[ ({2})]][{?3=6}GTS {1}]',
    'GTS',
  ],
  [
    '[{!3}ORP {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}ORP {2}][{?3=5}ORP {1}[ ({2})]][{?3=6}ORP {1}]',
    'ORP',
  ],
  [
    '[{!3}ROKS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}ROKS {2}][{?3=5}ROKS {1}[ ({2})]][{?3=6}ROKS {1}]',
    'ROKS',
  ],
  [
    '[{!3}HNLMS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HNLMS {2}][{?3=5}HNLMS {1}[ ({2})]][{?3=6}HNLMS {1}]',
    'HNLMS',
  ],
  [
    '[{!3}HDMS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HDMS {2}][{?3=5}HDMS {1}[ ({2})]][{?3=6}HDMS {1}]',
    'HDMS',
  ],
  [
    '[{!3}HSwMS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HSwMS {2}][{?3=5}HSwMS {1}[ ({2})]][{?3=6}HSwMS {1}]',
    'HSwMS',
  ],
  [
    '[{!3}HNoMS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HNoMS {2}][{?3=5}HNoMS {1}[ ({2})]][{?3=6}HNoMS {1}]',
    'HNoMS',
  ],
  [
    '[{!3}RV {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}RV {2}][{?3=5}RV {1}[ ({2})]][{?3=6}RV {1}]',
    'RV',
  ],
  [
    '[{!3}TSS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}TSS {2}][{?3=5}TSS {1}[ ({2})]][{?3=6}TSS {1}]',
    'TSS',
  ],
  [
    '[{!3}PS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}PS {2}][{?3=5}PS {1}[ ({2})]][{?3=6}PS {1}]',
    'PS',
  ],
  [
    '[{!3}MY {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}MY {2}][{?3=5}MY {1}[ ({2})]][{?3=6}MY {1}]',
    'MY',
  ],
  [
    '[{!3}MF {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}MF {2}][{?3=5}MF {1}[ ({2})]][{?3=6}MF {1}]',
    'MF',
  ],
  [
    '[{!3}MT {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}MT {2}][{?3=5}MT {1}[ ({2})]][{?3=6}MT {1}]',
    'MT',
  ],
  [
    '[{!3}SMU {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}SMU {2}][{?3=5}SMU {1}[ ({2})]][{?3=6}SMU {1}]',
    'SMU',
  ],
  [
    '[{!3}USCS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}USCS {2}][{?3=5}USCS {1}[ ({2})]][{?3=6}USCS {1}]',
    'USCS',
  ],
  [
    '[{!3}ARA {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}ARA {2}][{?3=5}ARA {1}[ ({2})]][{?3=6}ARA {1}]',
    'ARA',
  ],
  [
    '[{!3}ARM {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}ARM {2}][{?3=5}ARM {1}[ ({2})]][{?3=6}ARM {1}]',
    'ARM',
  ],
  [
    '[{!3}BAP {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}BAP {2}][{?3=5}BAP {1}[ ({2})]][{?3=6}BAP {1}]',
    'BAP',
  ],
  [
    '[{!3}BNS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}BNS {2}][{?3=5}BNS {1}[ ({2})]][{?3=6}BNS {1}]',
    'BNS',
  ],
  [
    '[{!3}JDS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}JDS {2}][{?3=5}JDS {1}[ ({2})]][{?3=6}JDS {1}]',
    'JDS',
  ],
  [
    '[{!3}JS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}JS {2}][{?3=5}JS {1}[ ({2})]][{?3=6}JS {1}]',
    'JS',
  ],
  [
    '[{!3}KRI {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}KRI {2}][{?3=5}KRI {1}[ ({2})]][{?3=6}KRI {1}]',
    'KRI',
  ],
  [
    '[{!3}NRP {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}NRP {2}][{?3=5}NRP {1}[ ({2})]][{?3=6}NRP {1}]',
    'NRP',
  ],
  [
    '[{!3}PNS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}PNS {2}][{?3=5}PNS {1}[ ({2})]][{?3=6}PNS {1}]',
    'PNS',
  ],
  [
    '[{!3}RIM {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}RIM {2}][{?3=5}RIM {1}[ ({2})]][{?3=6}RIM {1}]',
    'RIM',
  ],
  [
    '[{!3}SAS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}SAS {2}][{?3=5}SAS {1}[ ({2})]][{?3=6}SAS {1}]',
    'SAS',
  ],
  [
    '[{!3}SLNS {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}SLNS {2}][{?3=5}SLNS {1}[ ({2})]][{?3=6}SLNS {1}]',
    'SLNS',
  ],
  [
    '[{!3}TCG {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}TCG {2}][{?3=5}TCG {1}[ ({2})]][{?3=6}TCG {1}]',
    'TCG',
  ],
  [
    '[{!3}USRC {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}USRC {2}][{?3=5}USRC {1}[ ({2})]][{?3=6}USRC {1}]',
    'USRC',
  ],
  [
    '[{!3}HMT {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HMT {2}][{?3=5}HMT {1}[ ({2})]][{?3=6}HMT {1}]',
    'HMT',
  ],
  [
    '[{!3}HMY {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HMY {2}][{?3=5}HMY {1}[ ({2})]][{?3=6}HMY {1}]',
    'HMY',
  ],
  [
    '[{!3}HSC {1}[ ({2})]][{?3=1}{1}[ ({2})]][{?3=2}{1}][{?3=3}{2}][{?3=4}HSC {2}][{?3=5}HSC {1}[ ({2})]][{?3=6}HSC {1}]',
    'HSC',
  ],
  [
    '[{!4}{1} {2}[ ({3})]][{?4=1}{2}[ ({3})]][{?4=2}{2}][{?4=3}{3}][{?4=4}{1} {3}][{?4=5}{1} {2}[ ({3})]][{?4=6}{1} {2}]',
    'ship',
  ],
  ['{1}-class {2}', 'sclass, sclass2, sclass-'],
  ['[{1} ]M☉', 'solar mass'],
  ['[{1} ]R☉', 'solar radius'],
  ['[{1} ]L☉', 'solar luminosity'],
  ['[{1} ]M🜨', 'earth mass'],
  ['[{1} ]R🜨', 'earth radius'],
  ['[{1} ]MJ', 'jupiter mass, jupiter mass-m'],
  ['[{1} ]RJ', 'jupiter radius'],
  ['{1}', 'mp'],

  // people
  [' {*1; }', 'post-nominals, postnominals, post-nom, post nominals'],
  ['{1}[ (m. {2}[; {3}])]', 'marriage'],
  ['[{!nolink}{1} {2}]', 'sortname, sort name'],
  ['{2|1}', 'sort'],

  // places and teams
  [
    '{@country}',
    'flag, flagcountry, flagu, flag country, country flag, flaglist, flaglink, fb, fbu, nft, fbw, ru, rut, cr, hockey, flagdeco link, flag link, ih, bk, vb',
  ],
  ['{@country}', 'no flag, noflag, flagless, country, flagcountry2'],
  ['{1} ({2})', 'flagathlete, flagmedalist'],
  ['{1}', 'flagioc, flagioc2, flagpluscountry'],

  ['[{?1=I}I-{2}][{!1=I}{1} {2}][[{?3=I} / I-{4}][{!3=I} / {3} {4}]]', 'jct'],
  ['I-{1}', 'interstate'],

  // science
  ['{@chemistry}', 'chem, chem2, chemical formula'],
  ['{2}{1}', 'nuclide'],
  ['{2}{1}', 'simplenuclide, nuclide2'],
  ['{1}', 'subatomic particle, particle, physics particle, subatomicparticle'],
  ['√{1}', 'sqrt, radic, radical, root, square root'],
  ['|{1}|', 'abs, absolute value'],
  ['{p|1}{b|2}', 'su, supsub'],
  ['{1}{2}{3}', 'subsup, sub-sup'],
  ['{1}', 'math-inline, bigger, mathcal, mathsf, tmath, vec, vect'],
  ['{1}', 'binomial, taxlink, italic species'],

  ['{2}', 'legend, legend0, legend inline, legend-line'],

  // notes that stand in the text
  ['{1}', 'crossreference, crossref, cross-reference, xref, inline hatnote text'],
  ['{2}', 'hidden'],
  ['[\\[{1}\\]]', 'interpolation'],
  ['{1}[ {2}]', 'bibleverse, bibleref, bibleref2, bibleverse-nb, bibleverse-lb'],
  ['Quran {1}[:{2}]', "qref, quran-usc, qur'an-usc"],
  ['{1} U.S.C. § {2}', 'usc, uscsub, usc2, uscode'],
  ['{1} U.S. {2}', 'ussc'],
  ['Pub. L. {1}–{2}', 'uspl, usplaw, pub. l.'],
  ['{1} Stat. {2}', 'usstat'],
  ['{1} CFR {2}', 'cfr, codfedreg'],
  ['ISBN {1}', 'isbn, isbnt'],
  ['ISSN {1}', 'issn'],
  ['OCLC {1}', 'oclc'],
  ['doi:{1}', 'doi, doi-inline'],
  ['arXiv:{1}', 'arxiv'],
  ['PMID {1}', 'pmid'],
  ['JSTOR {1}', 'jstor'],
  ['S2CID {1}', 's2cid'],
  ['{1} ({2})', 'harvtxt, harvcoltxt, citet, harvard citation text'],
  ['({1} {2})', 'harv, harvard citation'],
  ['{1} {2}', 'harvnb, harvard citation no brackets, harvcolnb'],
  ['({*1; })', 'harvp'],

  // sports and games
  ['{1}–{2}', 'score, scoreline'],
  ['{1}–{2}[–{3}]', 'wlrecord'],
];

/** A namespace of a wiki: its number, and each name that it has there. */
export interface Namespace {
  readonly id: number;
  readonly names: readonly string[];
}

/** English names of MediaWiki work in every wiki. */
export const CANONICAL_NAMESPACES: readonly Namespace[] = [
  { id: -2, names: ['Media'] },
  { id: -1, names: ['Special'] },
  { id: 1, names: ['Talk'] },
  { id: 2, names: ['User'] },
  { id: 3, names: ['User talk'] },
  { id: 4, names: ['Project'] },
  { id: 5, names: ['Project talk'] },
  { id: 6, names: ['File', 'Image'] },
  { id: 7, names: ['File talk', 'Image talk'] },
  { id: 8, names: ['MediaWiki'] },
  { id: 9, names: ['MediaWiki talk'] },
  { id: 10, names: ['Template'] },
  { id: 11, names: ['Template talk'] },
  { id: 12, names: ['Help'] },
  { id: 13, names: ['Help talk'] },
  { id: 14, names: ['Category'] },
  { id: 15, names: ['Category talk'] },
];

/**
 * Names that a language's MediaWiki knows beside the one in a dump's head: for files and categories, which are told apart
 * from other links. Older names, and those with a letter of another case, are of this kind.
 */
export const FILE_ALIASES: Readonly<Record<string, string>> = {
  af: 'Lêer Beeld', ar: 'ملف صورة', az: 'Fayl Şəkil', be: 'Файл Выява', bg: 'Файл Картинка', bn: 'চিত্র', bs: 'Datoteka Slika',
  ca: 'Fitxer Imatge', cs: 'Soubor', cy: 'Delwedd', da: 'Fil Billede', de: 'Datei Bild', el: 'Αρχείο Εικόνα', eo: 'Dosiero',
  es: 'Archivo Imagen', et: 'Pilt Fail', eu: 'Fitxategi Irudi', fa: 'پرونده تصویر', fi: 'Tiedosto Kuva', fr: 'Fichier',
  ga: 'Íomhá', gl: 'Ficheiro Imaxe', he: 'קובץ תמונה', hi: 'चित्र', hr: 'Datoteka Slika', hu: 'Fájl Kép', hy: 'Պատկեր',
  id: 'Berkas Gambar', is: 'Mynd', it: 'File Immagine', ja: 'ファイル 画像', ka: 'ფაილი სურათი', kk: 'Сурет', ko: '파일 그림',
  la: 'Fasciculus Imago', lt: 'Vaizdas', lv: 'Attēls', mk: 'Податотека Слика', ms: 'Fail Imej', nl: 'Bestand Afbeelding',
  nn: 'Fil Bilde', no: 'Fil Bilde', pl: 'Plik Grafika', pt: 'Ficheiro Imagem Arquivo', ro: 'Fișier Fişier Imagine', ru: 'Файл Изображение',
  sh: 'Datoteka Slika Датотека', sk: 'Súbor Obrázok', sl: 'Slika Datoteka', sq: 'Skeda Figura', sr: 'Датотека Слика Slika', sv: 'Fil Bild',
  ta: 'படிமம்', te: 'దస్త్రం బొమ్మ', th: 'ไฟล์ ภาพ', tr: 'Dosya Resim', uk: 'Файл Зображення', ur: 'ملف تصویر', vi: 'Tập_tin Hình',
  zh: 'File 文件 档案 檔案 图像 圖像',
};

export const CATEGORY_ALIASES: Readonly<Record<string, string>> = {
  af: 'Kategorie', ar: 'تصنيف', az: 'Kateqoriya', be: 'Катэгорыя', bg: 'Категория', bn: 'বিষয়শ্রেণী বিভাগ', bs: 'Kategorija', ca: 'Categoria',
  cs: 'Kategorie', cy: 'Categori', da: 'Kategori', de: 'Kategorie', el: 'Κατηγορία', eo: 'Kategorio', es: 'Categoría',
  et: 'Kategooria', eu: 'Kategoria', fa: 'رده', fi: 'Luokka', fr: 'Catégorie', ga: 'Catagóir', gl: 'Categoría', he: 'קטגוריה',
  hi: 'श्रेणी', hr: 'Kategorija', hu: 'Kategória', hy: 'Կատեգորիա', id: 'Kategori', is: 'Flokkur', it: 'Categoria', ja: 'カテゴリ',
  ka: 'კატეგორია', kk: 'Санат', ko: '분류', la: 'Categoria', lt: 'Kategorija', lv: 'Kategorija', mk: 'Категорија', ms: 'Kategori',
  nl: 'Categorie', nn: 'Kategori', no: 'Kategori', pl: 'Kategoria', pt: 'Categoria', ro: 'Categorie', ru: 'Категория К',
  sh: 'Kategorija Категорија', sk: 'Kategória', sl: 'Kategorija', sq: 'Kategoria', sr: 'Категорија Kategorija', sv: 'Kategori',
  ta: 'பகுப்பு', te: 'వర్గం', th: 'หมวดหมู่', tr: 'Kategori', uk: 'Категорія', ur: 'زمرہ', vi: 'Thể_loại', zh: 'Category 分类 分類',
};

/** Words for `#REDIRECT`, by MediaWiki's message files. */
export const REDIRECT_WORDS =
  '#redirect #aanstuur #تحويل #перанакіраванне #перенасочване #пренасочване #viz #виж #přesměruj #omdiriger #weiterleitung #ανακατευθυνση #alidirektu #redirección #redireccion #suuna #birzuzendu #تغییرمسیر #uudelleenohjaus #ohjaus #redirection #athsheoladh #הפניה #अनुप्रेषित #preusmjeri #átirányítás #վերահղում #alih #tilvísun #rinvia #転送 #リダイレクト #გადამისამართება #айдау #넘겨주기 #peradresavimas #pāradresēt #пренасочи #lencong #doorverwijzing #omdirigering #patrz #przekieruj #tam #redirecionamento #redireciona #redirecteaza #перенаправление #перенапр #preusmjeri #преусмјери #presmeruj #preusmeritev #ridrejto #преусмери #вађење #omdirigering #வழிமாற்று #เปลี่ยนทาง #yönlendirme #yönlendi̇rme #yönlendir #перенаправлення #รีไดเรกต์ #đổi #重定向 #पुनर्निर्देशन #পুনর্নির্দেশ #পুনর্নির্দেশনা #รายการ #redirigir #redirixir #dadgyfeirio #ail-cyfeirio #ail-gyfeirio #adkas #redirecció #yonaltma';

/** Codes of languages that have a Wikipedia: `[[fr:…]]` is a link to the page's counterpart there. */
export const LANGUAGE_CODES =
  'aa ab ace ady af als alt am ami an ang ann anp ar arc ary arz as ast atj av avk awa ay az azb ba ban bar bat-smg bbc bcl bdr be be-tarask be-x-old bew bg bh bi bjn blk bm bn bo bpy br bs btm bug bxr ca cbk-zam cdo ce ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da dag de dga din diq dsb dtp dty dv dz ee el eml en eo es et eu ext fa fat ff fi fiu-vro fj fo fon fr frp frr fur fy ga gag gan gcr gd gl glk gn gom gor got gpe gsw gu guc gur guw gv ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia iba id ie ig igl ii ik ilo inh io is it iu ja jam jbo jv ka kaa kab kaj kbd kbp kcg kg kge ki kj kk kl km kn knc ko koi kr krc ks ksh ku kus kv kw ky la lad lb lbe lez lfn lg li lij lld lmo ln lo lrc lt ltg lv lzh mad mai map-bms mdf mg mh mhr mi min mk ml mn mni mnw mo mos mr mrj ms mt mus mwl my myv mzn na nah nan nap nds nds-nl ne new ng nia nl nn no nov nqo nr nrm nso nup nv ny oc olo om or os pa pag pam pap pcd pcm pdc pfl pi pih pl pms pnb pnt ps pt pwn qu rm rmy rn ro roa-rup roa-tara rsk ru rue rw sa sah sat sc scn sco sd se sg sh shi shn shy si simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw syl szl szy ta tay tcy tdd te tet tg th ti tig tk tl tly tn to tok tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo vro wa war wo wuu xal xh xmf yi yo yue za zea zgh zh zh-classical zh-min-nan zh-yue zu nb cz jp dk epo zh-cn zh-tw cmn';

/** Languages in which MediaWiki converts between variants, so that `-{…}-` is markup. */
export const VARIANT_LANGUAGES = 'ban crh gan iu ku mni sh shi sr tg tly uz wuu zgh zh kk';

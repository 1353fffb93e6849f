/** What the sample needs of a language to write text that is shaped like it. */
export interface LanguageData {
  readonly code: string;
  /** Between two words; none in Chinese and Japanese. */
  readonly space: string;
  readonly comma: string;
  readonly stop: string;
  /** The commonest first. */
  readonly words: string;
  /** One UTF-16 unit each: syllables are one of the first with one of the second. */
  readonly onsets: string;
  readonly vowels: string;
  readonly endings: string;
  readonly headings: string;
}

export const LANGUAGES: readonly LanguageData[] = [
  {
    code: 'en',
    space: ' ',
    comma: ', ',
    stop: '. ',
    words:
      'the of and in to a is was for as on by with from at it that his were an are which be this or had first also after has its but one their not who have two been other when she her all new there into time during they may most more over years between would only some where about city three world later than under used such many until became these made state part before river known then including called could largest north south station season church company population century music national village district album university family school series film',
    onsets: 'bcdfghklmnprstvwyz',
    vowels: 'aeiou',
    endings: 'n s r t ng ry th ly tion ing ed',
    headings: 'History Geography Etymology Demographics Economy Culture Reception Notes References',
  },
  {
    code: 'fr',
    space: ' ',
    comma: ', ',
    stop: '. ',
    words:
      "de la le et les à des en du un une dans est par pour au il sur qui avec plus que son se a l'église s'étend ce aux sont cette comme ou première être été où après fut ses ne deux même entre sous leur années élève siècle région département château forêt où œuvre français naïf là-bas rivière côté père mère théâtre musée général août février à-côté",
    onsets: 'bcdfghlmnprstvçjz',
    vowels: 'aeiouéèêôû',
    endings: 's t re que ment tion eau eux ée',
    headings: 'Histoire Géographie Toponymie Démographie Économie Culture Références',
  },
  {
    code: 'pl',
    space: ' ',
    comma: ', ',
    stop: '. ',
    words:
      'w i z na do się roku jest oraz przez od był po ze została który za jako o dla a także przy była jego między pod został latach gmina miasto część rzeka województwo położona wieś kościół święty źródło łódź żółty gęś ćma śródmieście późniejszy znajduje największy książę wojna państwo dzień',
    onsets: 'bcdfgklłmnprsśtwzźż',
    vowels: 'aeiouyąęó',
    endings: 'ch ł ski nia wo ów ość',
    headings: 'Historia Geografia Nazwa Demografia Gospodarka Zabytki Przypisy',
  },
  {
    code: 'ru',
    space: ' ',
    comma: ', ',
    stop: '. ',
    words:
      'в и на с по из года был году от его за что как к является не для также до были она при это во он или под после время области района населения города который одна их между города река село церковь война первый ещё объём съезд наиболее государственный университет произведения',
    onsets: 'бвгджзклмнпрстфхцчш',
    vowels: 'аеиоуыюяё',
    endings: 'й нь ский ость ение ов ть',
    headings: 'История География Этимология Население Экономика Культура Примечания',
  },
  {
    code: 'el',
    space: ' ',
    comma: ', ',
    stop: '. ',
    words:
      'και το του η της την ο με τον στην για στο που από είναι τα των σε ένα τους ως μια οι στη κατά δεν μετά ήταν ή όπου πόλη νησί χωριό ποταμός εκκλησία αιώνας πρώτος μεγάλος ιστορία ταξίδι θάλασσα λιμάνι προϊόν άνθρωπος έργο χρόνια',
    onsets: 'βγδζθκλμνξπρστφχψ',
    vowels: 'αεηιουωάέήίόύώ',
    endings: 'ς ν ος ης ων ικός',
    headings: 'Ιστορία Γεωγραφία Ονομασία Πληθυσμός Οικονομία Παραπομπές',
  },
  {
    code: 'ar',
    space: ' ',
    comma: '، ',
    stop: '. ',
    words:
      'في من على إلى عن مع هو هي التي الذي أن كان كانت هذا هذه بعد قبل بين عام سنة مدينة قرية نهر جبل بلدة منطقة محافظة السكان العالم التاريخ الأول الثاني كما حيث أو لا لم قد غير عند تم تقع يبلغ عدد أكبر جامعة مدرسة كتاب فيلم مسجد',
    onsets: 'بتثجحخدذرزسشصضطعغفقكلمنه',
    vowels: 'اوي',
    endings: 'ة ات ون ين ي',
    headings: 'التاريخ الجغرافيا التسمية السكان الاقتصاد المراجع',
  },
  {
    code: 'bn',
    space: ' ',
    comma: ', ',
    stop: '। ',
    words:
      'এবং এই ও একটি তিনি করা হয় থেকে জন্য সালে করেন তার ছিল একজন সাথে হিসেবে মধ্যে পরে বাংলাদেশের ভারতের নদী গ্রাম শহর জেলা উপজেলা জনসংখ্যা বিশ্ববিদ্যালয় চলচ্চিত্র প্রথম দ্বিতীয় ইতিহাস ভাষা সাহিত্য মন্দির মসজিদ রাজ্য সরকার প্রতিষ্ঠিত অবস্থিত',
    onsets: 'কখগঘচছজঝটঠডতথদধনপফবভমযরলশষসহ',
    vowels: 'ািীুূেো',
    endings: 'র ে ন তে দের টি',
    headings: 'ইতিহাস ভূগোল নামকরণ জনসংখ্যা অর্থনীতি তথ্যসূত্র',
  },
  {
    code: 'zh',
    space: '',
    comma: ',',
    stop: '。',
    words:
      '的 是 在 一 和 有 年 人 为 于 中 大 以 他 国 不 与 上 个 这 位于 中国 世界 历史 人口 地区 城市 大学 学校 公司 电影 音乐 铁路 车站 河流 成立 使用 由于 第一 主要 其中 包括 目前 开始 成为 认为 建筑 文化 政府 组织 发展 作品 时间 问题 工作 生活 研究 语言 科学 系统 社会 经济 省 县 村 镇 河 山 月 日',
    onsets: '东西南北高长安平永清明文天金石水木青白新太广大江',
    vowels: '州山河城门阳海湖川京关桥林乡田原岛港溪沙',
    endings: '市 县 区 镇 村 站',
    headings: '历史 地理 名称 人口 经济 文化 参考文献',
  },
  {
    code: 'ja',
    space: '',
    comma: '、',
    stop: '。',
    words:
      'の は を に が と で た する いる ある した として から こと など れる なる また この である された による まで より において 日本 東京 世界 歴史 人口 地域 都市 大学 学校 会社 映画 音楽 鉄道 駅 川 設立 使用 第一 主な 現在 開始 作品 時代 研究 言語 科学 システム テレビ ゲーム アニメ シリーズ サービス',
    onsets: '東西南北高長安平永清明文天金石水木青白新太広大江',
    vowels: '田山川村野崎島原橋本沢谷井口浜坂森林岡津',
    endings: '市 町 村 駅 線 区',
    headings: '歴史 地理 名称 人口 経済 文化 脚注',
  },
];

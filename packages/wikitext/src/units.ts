/**
 * Units of `{{convert}}`: codes, factor to the base unit of the dimension, symbol, singular, plural, default output. `re` in a
 * name becomes `er` where American spelling is asked for (`metre`).
 */
type Unit = readonly [codes: string, factor: number, symbol: string, singular: string, plural: string, output: string];

const MILE = 1609.344;
const FOOT = 0.3048;
const POUND = 0.45359237;
const ACRE = 4046.8564224;
const GALLON = 4.54609;
const US_GALLON = 3.785411784;
const HORSEPOWER = 745.6998715822702;

const UNITS: readonly Unit[] = [
  // length
  ['km', 1000, 'km', 'kilometre', 'kilometres', 'mi'],
  ['m', 1, 'm', 'metre', 'metres', 'ft'],
  ['cm', 0.01, 'cm', 'centimetre', 'centimetres', 'in'],
  ['mm', 0.001, 'mm', 'millimetre', 'millimetres', 'in'],
  ['um, μm, µm', 1e-6, 'μm', 'micrometre', 'micrometres', 'in'],
  ['nm', 1e-9, 'nm', 'nanometre', 'nanometres', 'in'],
  ['mi, mile, miles', MILE, 'mi', 'mile', 'miles', 'km'],
  ['yd, yards, yard', 0.9144, 'yd', 'yard', 'yards', 'm'],
  ['ft, foot, feet', FOOT, 'ft', 'foot', 'feet', 'm'],
  ['in, inch, inches', 0.0254, 'in', 'inch', 'inches', 'mm'],
  ['nmi, NM', 1852, 'nmi', 'nautical mile', 'nautical miles', 'km mi'],
  ['fathom, fathoms', 1.8288, 'fathom', 'fathom', 'fathoms', 'ft m'],
  ['chain, chains', 20.1168, 'chain', 'chain', 'chains', 'ft m'],
  ['furlong, furlongs', 201.168, 'furlong', 'furlong', 'furlongs', 'ft m'],
  ['league, leagues', 3 * MILE, 'league', 'league', 'leagues', 'km'],
  ['hand, hands', 0.1016, 'h', 'hand', 'hands', 'in cm'],
  ['rod, rods', 5.0292, 'rod', 'rod', 'rods', 'ft m'],
  ['ly', 9460730472580800, 'ly', 'light-year', 'light-years', 'pc'],
  ['pc', 30856775814671900, 'pc', 'parsec', 'parsecs', 'ly'],
  ['kpc', 30856775814671900e3, 'kpc', 'kiloparsec', 'kiloparsecs', 'ly'],
  ['AU, au', 149597870700, 'au', 'astronomical unit', 'astronomical units', 'km mi'],
  ['Gm', 1e9, 'Gm', 'gigametre', 'gigametres', 'mi'],
  // area
  ['km2, sqkm', 1e6, 'km2', 'square kilometre', 'square kilometres', 'sqmi'],
  ['m2, sqm', 1, 'm2', 'square metre', 'square metres', 'sqft'],
  ['cm2, sqcm', 1e-4, 'cm2', 'square centimetre', 'square centimetres', 'sqin'],
  ['mm2, sqmm', 1e-6, 'mm2', 'square millimetre', 'square millimetres', 'sqin'],
  ['ha, hectare, hectares', 1e4, 'ha', 'hectare', 'hectares', 'acre'],
  ['sqmi, mi2, sq mi', MILE * MILE, 'sq mi', 'square mile', 'square miles', 'km2'],
  ['sqyd, yd2', 0.9144 * 0.9144, 'sq yd', 'square yard', 'square yards', 'm2'],
  ['sqft, ft2, sq ft', FOOT * FOOT, 'sq ft', 'square foot', 'square feet', 'm2'],
  ['sqin, in2', 0.0254 * 0.0254, 'sq in', 'square inch', 'square inches', 'cm2'],
  ['acre, acres, ac', ACRE, 'acre', 'acre', 'acres', 'ha'],
  ['dunam, dunams', 1000, 'dunam', 'dunam', 'dunams', 'km2 sqmi'],
  // mass
  ['kg', 1, 'kg', 'kilogram', 'kilograms', 'lb'],
  ['g', 0.001, 'g', 'gram', 'grams', 'oz'],
  ['mg', 1e-6, 'mg', 'milligram', 'milligrams', 'gr'],
  ['t, tonne, tonnes, MT', 1000, 't', 'tonne', 'tonnes', 'LT ST'],
  ['lb, lbs, pound, pounds', POUND, 'lb', 'pound', 'pounds', 'kg'],
  ['oz, ounce, ounces', POUND / 16, 'oz', 'ounce', 'ounces', 'g'],
  ['ozt', 0.0311034768, 'ozt', 'troy ounce', 'troy ounces', 'oz g'],
  ['st, stone', 14 * POUND, 'st', 'stone', 'stone', 'lb kg'],
  ['LT, long ton, long tons', 2240 * POUND, 'long tons', 'long ton', 'long tons', 't'],
  ['ST, short ton, short tons, tonUS', 2000 * POUND, 'short tons', 'short ton', 'short tons', 't'],
  ['cwt, long cwt', 112 * POUND, 'cwt', 'hundredweight', 'hundredweight', 'kg'],
  ['gr, grain, grains', POUND / 7000, 'gr', 'grain', 'grains', 'g'],
  ['carat, carats', 0.0002, 'carat', 'carat', 'carats', 'g'],
  ['solar mass', 1.98855e30, 'M☉', 'solar mass', 'solar masses', 'kg'],
  // volume
  ['m3, cum', 1, 'm3', 'cubic metre', 'cubic metres', 'cuft'],
  ['km3', 1e9, 'km3', 'cubic kilometre', 'cubic kilometres', 'cumi'],
  ['cm3, cc', 1e-6, 'cm3', 'cubic centimetre', 'cubic centimetres', 'cuin'],
  ['L, l, litre, litres, liter, liters', 0.001, 'L', 'litre', 'litres', 'impgal USgal'],
  ['ml, mL', 1e-6, 'mL', 'millilitre', 'millilitres', 'impoz USoz'],
  ['cl, cL', 1e-5, 'cL', 'centilitre', 'centilitres', 'impoz USoz'],
  ['ML', 1000, 'ML', 'megalitre', 'megalitres', 'e6impgal'],
  ['cuft, ft3, cu ft', FOOT ** 3, 'cu ft', 'cubic foot', 'cubic feet', 'm3'],
  ['cuin, in3, cu in, cid', 0.0254 ** 3, 'cu in', 'cubic inch', 'cubic inches', 'cm3'],
  ['cuyd, yd3', 0.9144 ** 3, 'cu yd', 'cubic yard', 'cubic yards', 'm3'],
  ['cumi, mi3', MILE ** 3, 'cu mi', 'cubic mile', 'cubic miles', 'km3'],
  ['acre.ft, acre·ft, acre-foot, acre feet, acre foot', ACRE * FOOT, 'acre⋅ft', 'acre-foot', 'acre-feet', 'm3'],
  ['impgal, imp gal', GALLON / 1000, 'imp gal', 'imperial gallon', 'imperial gallons', 'L USgal'],
  ['USgal, U.S.gal, gal, US gal', US_GALLON / 1000, 'US gal', 'US gallon', 'US gallons', 'L impgal'],
  [
    'impoz, impfloz, imp fl oz',
    GALLON / 160000,
    'imp fl oz',
    'imperial fluid ounce',
    'imperial fluid ounces',
    'ml USoz',
  ],
  ['USoz, USfloz, US fl oz, U.S.floz', US_GALLON / 128000, 'US fl oz', 'US fluid ounce', 'US fluid ounces', 'ml impoz'],
  ['USqt, US qt', US_GALLON / 4000, 'US qt', 'US quart', 'US quarts', 'L'],
  ['USpt, US pt', US_GALLON / 8000, 'US pt', 'US pint', 'US pints', 'L'],
  ['imppt', GALLON / 8000, 'imp pt', 'imperial pint', 'imperial pints', 'L'],
  ['oilbbl, bbl, barrel, barrels', 0.158987294928, 'bbl', 'barrel', 'barrels', 'm3'],
  ['USbsh, bushel', 0.03523907016688, 'US bsh', 'US bushel', 'US bushels', 'm3'],
  ['GRT', 2.8316846592, 'GRT', 'gross register ton', 'gross register tons', ''],
  // speed
  ['km/h, kmh, km/hr, kph', 1 / 3.6, 'km/h', 'kilometre per hour', 'kilometres per hour', 'mph'],
  ['m/s', 1, 'm/s', 'metre per second', 'metres per second', 'ft/s'],
  ['km/s', 1000, 'km/s', 'kilometre per second', 'kilometres per second', 'mi/s'],
  ['mph, mi/h', MILE / 3600, 'mph', 'mile per hour', 'miles per hour', 'km/h'],
  ['mi/s', MILE, 'mi/s', 'mile per second', 'miles per second', 'km/s'],
  ['ft/s', FOOT, 'ft/s', 'foot per second', 'feet per second', 'm/s'],
  ['ft/min', FOOT / 60, 'ft/min', 'foot per minute', 'feet per minute', 'm/min'],
  ['m/min', 1 / 60, 'm/min', 'metre per minute', 'metres per minute', 'ft/min'],
  ['kn, knot, knots, kt', 1852 / 3600, 'kn', 'knot', 'knots', 'km/h mph'],
  // power, energy, force, pressure, torque
  ['kW', 1000, 'kW', 'kilowatt', 'kilowatts', 'hp'],
  ['W', 1, 'W', 'watt', 'watts', 'hp'],
  ['MW', 1e6, 'MW', 'megawatt', 'megawatts', 'hp'],
  ['hp, bhp, shp', HORSEPOWER, 'hp', 'horsepower', 'horsepower', 'kW'],
  ['ihp', HORSEPOWER, 'ihp', 'indicated horsepower', 'indicated horsepower', 'kW'],
  ['PS, metric hp, CV, cv', 735.49875, 'PS', 'metric horsepower', 'metric horsepower', 'kW'],
  ['J', 1, 'J', 'joule', 'joules', 'cal'],
  ['kJ', 1000, 'kJ', 'kilojoule', 'kilojoules', 'kcal'],
  ['kcal, Cal', 4184, 'kcal', 'kilocalorie', 'kilocalories', 'kJ'],
  ['cal', 4.184, 'cal', 'calorie', 'calories', 'J'],
  ['kWh', 3600000, 'kWh', 'kilowatt-hour', 'kilowatt-hours', 'MJ'],
  ['MJ', 1e6, 'MJ', 'megajoule', 'megajoules', 'kWh'],
  ['TWh', 3.6e15, 'TWh', 'terawatt-hour', 'terawatt-hours', 'PJ'],
  ['PJ', 1e15, 'PJ', 'petajoule', 'petajoules', 'TWh'],
  ['N', 1, 'N', 'newton', 'newtons', 'lbf'],
  ['kN', 1000, 'kN', 'kilonewton', 'kilonewtons', 'lbf'],
  ['lbf', 4.4482216152605, 'lbf', 'pound-force', 'pounds-force', 'N'],
  ['kgf', 9.80665, 'kgf', 'kilogram-force', 'kilograms-force', 'N lbf'],
  ['Pa', 1, 'Pa', 'pascal', 'pascals', 'psi'],
  ['kPa', 1000, 'kPa', 'kilopascal', 'kilopascals', 'psi'],
  ['MPa', 1e6, 'MPa', 'megapascal', 'megapascals', 'psi'],
  ['hPa', 100, 'hPa', 'hectopascal', 'hectopascals', 'inHg'],
  ['mbar, millibar', 100, 'mbar', 'millibar', 'millibars', 'hPa inHg'],
  ['bar', 1e5, 'bar', 'bar', 'bar', 'kPa'],
  ['atm', 101325, 'atm', 'standard atmosphere', 'standard atmospheres', 'kPa'],
  ['psi', 6894.757293168361, 'psi', 'pound per square inch', 'pounds per square inch', 'kPa'],
  ['inHg', 3386.388640341, 'inHg', 'inch of mercury', 'inches of mercury', 'kPa'],
  ['mmHg', 133.322387415, 'mmHg', 'millimetre of mercury', 'millimetres of mercury', 'kPa'],
  ['Nm, N.m, N·m', 1, 'N⋅m', 'newton-metre', 'newton-metres', 'lbft'],
  ['lbft, lb.ft, lbf.ft, lb·ft, ftlb', 1.3558179483314, 'lb⋅ft', 'pound-foot', 'pound-feet', 'Nm'],
  // price of land
  ['$/sqft, $/ft2', 1 / (FOOT * FOOT), '/sq ft', 'per square foot', 'per square foot', '$/m2'],
  ['$/m2', 1, '/m2', 'per square metre', 'per square metre', '$/sqft'],
  ['$/acre', 1 / ACRE, '/acre', 'per acre', 'per acre', '$/ha'],
  ['$/ha', 1e-4, '/ha', 'per hectare', 'per hectare', '$/acre'],
  ['$/lb', 1 / POUND, '/lb', 'per pound', 'per pound', '$/kg'],
  ['$/kg', 1, '/kg', 'per kilogram', 'per kilogram', '$/lb'],
  // density, flow, and the like
  ['/km2, PD/km2, inhabitants/km2', 1e-6, '/km2', 'per square kilometre', 'per square kilometre', '/sqmi'],
  [
    '/sqmi, /mi2, PD/sqmi, PD/mi2, inhabitants/sqmi',
    1 / (MILE * MILE),
    '/sq mi',
    'per square mile',
    'per square mile',
    '/km2',
  ],
  ['/ha', 1e-4, '/ha', 'per hectare', 'per hectare', '/acre'],
  ['/acre', 1 / ACRE, '/acre', 'per acre', 'per acre', '/ha'],
  ['m3/s, cumecs', 1, 'm3/s', 'cubic metre per second', 'cubic metres per second', 'cuft/s'],
  ['cuft/s, ft3/s', FOOT ** 3, 'cu ft/s', 'cubic foot per second', 'cubic feet per second', 'm3/s'],
  ['kg/m3', 1, 'kg/m3', 'kilogram per cubic metre', 'kilograms per cubic metre', 'lb/cuyd'],
  ['g/cm3', 1000, 'g/cm3', 'gram per cubic centimetre', 'grams per cubic centimetre', 'lb/cuin'],
  ['lb/cuin', POUND / 0.0254 ** 3, 'lb/cu in', 'pound per cubic inch', 'pounds per cubic inch', 'g/cm3'],
  ['lb/cuyd', POUND / 0.9144 ** 3, 'lb/cu yd', 'pound per cubic yard', 'pounds per cubic yard', 'kg/m3'],
  ['kg/m2', 1, 'kg/m2', 'kilogram per square metre', 'kilograms per square metre', 'lb/sqft'],
  ['lb/sqft, lb/ft2', POUND / (FOOT * FOOT), 'lb/sq ft', 'pound per square foot', 'pounds per square foot', 'kg/m2'],
  ['m/s2', 1, 'm/s2', 'metre per second squared', 'metres per second squared', 'ft/s2'],
  ['ft/s2', FOOT, 'ft/s2', 'foot per second squared', 'feet per second squared', 'm/s2'],
  ['L/km', 1e-6, 'L/km', 'litre per kilometre', 'litres per kilometre', 'impgal/mi'],
  ['Hz', 1, 'Hz', 'hertz', 'hertz', ''],
  ['kbit/s', 1000, 'kbit/s', 'kilobit per second', 'kilobits per second', ''],
];

/** In kelvins: factor, and what the scale shows at absolute zero. */
const TEMPERATURES: readonly (readonly [
  codes: string,
  factor: number,
  zero: number,
  symbol: string,
  singular: string,
  plural: string,
  output: string,
])[] = [
  ['C, °C, degC', 1, -273.15, '°C', 'degree Celsius', 'degrees Celsius', 'F'],
  ['F, °F, degF', 5 / 9, -459.67, '°F', 'degree Fahrenheit', 'degrees Fahrenheit', 'C'],
  ['K', 1, 0, 'K', 'kelvin', 'kelvins', 'C F'],
  ['R, °R', 5 / 9, 0, '°R', 'degree Rankine', 'degrees Rankine', 'K F C'],
];

/** A difference of temperatures has no zero. */
const CHANGES: readonly Unit[] = [
  ['C-change', 1, '°C', 'degree Celsius', 'degrees Celsius', 'F-change'],
  ['F-change', 5 / 9, '°F', 'degree Fahrenheit', 'degrees Fahrenheit', 'C-change'],
];

const COMPOSITES: readonly (readonly [codes: string, larger: string, smaller: string])[] = [
  ['ftin, ft in', 'ft', 'in'],
  ['stlb, st lb', 'st', 'lb'],
  ['lboz, lb oz', 'lb', 'oz'],
  ['ydft', 'yd', 'ft'],
];

/** `e6m3` is a million cubic metres. */
const MULTIPLES: readonly (readonly [prefix: string, factor: number, name: string])[] = [
  ['e3', 1e3, 'thousand'],
  ['e6', 1e6, 'million'],
  ['e9', 1e9, 'billion'],
];
const MULTIPLIED = new Set([
  'km',
  'mi',
  'm3',
  'cuft',
  'acre',
  'ha',
  'sqmi',
  'km2',
  'm2',
  'sqft',
  't',
  'ST',
  'LT',
  'lb',
  'kg',
  'L',
  'impgal',
  'USgal',
  'oilbbl',
  'bbl',
  'acre.ft',
]);

const AMERICAN = /(?<=met|lit|cent)re(?=s?\b)/g;

export function* unitEntries<T>(make: (name: string, value: Buffer) => T): Generator<T> {
  for (const [codes, factor, symbol, singular, plural, output] of [...UNITS, ...CHANGES]) {
    const value = unit(factor, 0, codes.startsWith('$') ? 3 : 0, [
      symbol,
      singular,
      plural,
      american(singular),
      american(plural),
      output,
    ]);
    for (const code of codes.split(', ')) {
      yield make(code, value);
      if (!MULTIPLIED.has(code)) continue;
      for (const [prefix, times, word] of MULTIPLES) {
        const names = [`${word} ${symbol}`, `${word} ${plural}`, `${word} ${plural}`];
        yield make(
          prefix + code,
          unit(factor * times, 0, 0, [
            ...names,
            american(names[1] ?? ''),
            american(names[1] ?? ''),
            `${prefix}${output.split(' ')[0] ?? ''}`,
          ]),
        );
      }
    }
  }
  for (const [codes, factor, zero, symbol, singular, plural, output] of TEMPERATURES) {
    const value = unit(factor, zero, 1, [symbol, singular, plural, '', '', output]);
    for (const code of codes.split(', ')) yield make(code, value);
  }
  for (const [codes, larger, smaller] of COMPOSITES) {
    for (const code of codes.split(', ')) yield make(code, unit(1, 0, 2, ['', '', '', '', '', '', larger, smaller]));
  }
}

function american(name: string): string {
  const changed = name.replaceAll(AMERICAN, 'er');
  return changed === name ? '' : changed;
}

/** As `assembly/convert.ts` reads it. */
function unit(factor: number, offset: number, kind: number, texts: readonly string[]): Buffer {
  const head = Buffer.alloc(17);
  head.writeDoubleLE(factor, 0);
  head.writeDoubleLE(offset, 8);
  head.writeUInt8(kind, 16);
  const bytes = texts.map((text) => Buffer.from(text));
  return Buffer.concat([head, ...bytes.flatMap((text) => [Buffer.from([text.length]), text])]);
}

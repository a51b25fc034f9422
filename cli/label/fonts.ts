/**
 * Which font has a character, and where the font is. Noto Sans comes with the project; the others are fetched by npm
 * when the first label needs them, a family at a time, into the cache folder that has Kafka too.
 */
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, isCached } from '../../local/engines/install.ts';
import { run } from '../../local/processes/guarded.ts';
import { OrderSystemError } from '../errors.ts';
import { type Face, faceOf } from './face.ts';

/** What comes with the project: Latin, Greek, Cyrillic and Devanagari. */
const OWN = 'noto-sans';

/** Packages under `@expo-google-fonts`, each with its version and what fetching it takes, in MB. All are SIL OFL 1.1. */
const FETCHED = {
  'noto-emoji': ['0.4.7', 4],
  'noto-sans-arabic': ['0.4.3', 2],
  'noto-sans-armenian': ['0.4.2', 1],
  'noto-sans-bengali': ['0.4.4', 2],
  'noto-sans-ethiopic': ['0.4.2', 2],
  'noto-sans-georgian': ['0.4.3', 1],
  'noto-sans-gujarati': ['0.4.2', 2],
  'noto-sans-gurmukhi': ['0.4.1', 1],
  'noto-sans-hebrew': ['0.4.1', 1],
  'noto-sans-hk': ['0.4.3', 39],
  'noto-sans-jp': ['0.4.3', 29],
  'noto-sans-kannada': ['0.4.3', 2],
  'noto-sans-khmer': ['0.4.3', 1],
  'noto-sans-kr': ['0.4.3', 28],
  'noto-sans-lao': ['0.4.2', 1],
  'noto-sans-malayalam': ['0.4.2', 1],
  'noto-sans-myanmar': ['0.4.2', 2],
  'noto-sans-oriya': ['0.4.2', 2],
  'noto-sans-sc': ['0.4.3', 57],
  'noto-sans-sinhala': ['0.4.2', 2],
  'noto-sans-tamil': ['0.4.3', 1],
  'noto-sans-tc': ['0.4.3', 39],
  'noto-sans-telugu': ['0.4.2', 2],
  'noto-sans-thaana': ['0.4.2', 1],
  'noto-sans-thai': ['0.4.2', 1],
  'noto-serif-tibetan': ['0.4.2', 4],
} as const satisfies Record<string, readonly [version: string, megabytes: number]>;
export type Family = typeof OWN | keyof typeof FETCHED;

/**
 * Where a character is, if not in Noto Sans. With it, these are all scripts in everyday use: the Recommended Scripts of
 * UAX #31, table 5 (https://www.unicode.org/reports/tr31/#Table_Recommended_Scripts).
 */
const SCRIPTS: readonly (readonly [RegExp, Family])[] = [
  [/\p{scx=Arabic}/u, 'noto-sans-arabic'],
  [/\p{scx=Armenian}/u, 'noto-sans-armenian'],
  [/\p{scx=Bengali}/u, 'noto-sans-bengali'],
  [/\p{scx=Ethiopic}/u, 'noto-sans-ethiopic'],
  [/\p{scx=Georgian}/u, 'noto-sans-georgian'],
  [/\p{scx=Gujarati}/u, 'noto-sans-gujarati'],
  [/\p{scx=Gurmukhi}/u, 'noto-sans-gurmukhi'],
  [/\p{scx=Hebrew}/u, 'noto-sans-hebrew'],
  [/\p{scx=Kannada}/u, 'noto-sans-kannada'],
  [/\p{scx=Khmer}/u, 'noto-sans-khmer'],
  [/\p{scx=Lao}/u, 'noto-sans-lao'],
  [/\p{scx=Malayalam}/u, 'noto-sans-malayalam'],
  [/\p{scx=Myanmar}/u, 'noto-sans-myanmar'],
  [/\p{scx=Oriya}/u, 'noto-sans-oriya'],
  [/\p{scx=Sinhala}/u, 'noto-sans-sinhala'],
  [/\p{scx=Tamil}/u, 'noto-sans-tamil'],
  [/\p{scx=Telugu}/u, 'noto-sans-telugu'],
  [/\p{scx=Thaana}/u, 'noto-sans-thaana'],
  [/\p{scx=Thai}/u, 'noto-sans-thai'],
  [/\p{scx=Tibetan}/u, 'noto-serif-tibetan'],
];

/** Chinese, Japanese and Korean, with their punctuation, and the full-width and enclosed forms that they use. */
const CJK =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}\u3000-\u33ff\uff00-\uffef]/u;

/** The same Han character is drawn otherwise in each of them, and a font has what its own place writes. */
const HAN_OF_COUNTRY: Readonly<Record<string, Family>> = {
  CN: 'noto-sans-sc',
  HK: 'noto-sans-hk',
  JP: 'noto-sans-jp',
  KP: 'noto-sans-kr',
  KR: 'noto-sans-kr',
  MO: 'noto-sans-hk',
  MY: 'noto-sans-sc',
  SG: 'noto-sans-sc',
  TW: 'noto-sans-tc',
};

/** The fonts that may have a character of an address, the one that should first. */
function familiesFor(grapheme: string, address: string, country: string): readonly Family[] {
  if (CJK.test(grapheme)) {
    const han = HAN_OF_COUNTRY[country] ?? hanOfWriting(address);
    return [
      ...new Set<Family>([
        han,
        'noto-sans-sc',
        'noto-sans-tc',
        'noto-sans-jp',
        'noto-sans-hk',
        'noto-sans-kr',
      ]),
    ];
  }
  const ofScript = SCRIPTS.find(([script]) => script.test(grapheme));
  if (ofScript !== undefined) return [ofScript[1]];
  return /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(grapheme) ? ['noto-emoji'] : [];
}

/** Abroad, an address tells by its other letters where its Han characters are from. */
function hanOfWriting(address: string): Family {
  if (/[\p{scx=Hiragana}\p{scx=Katakana}]/u.test(address.replaceAll(/\p{sc=Common}/gu, '')))
    return 'noto-sans-jp';
  if (/\p{sc=Hangul}/u.test(address)) return 'noto-sans-kr';
  return /\p{sc=Bopomofo}/u.test(address) ? 'noto-sans-tc' : 'noto-sans-sc';
}

/** The scripts in everyday use, and those in limited use (UAX #31, table 7), by which a character is named. */
const NAMES =
  'Latin Greek Cyrillic Devanagari Arabic Armenian Bengali Ethiopic Georgian Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan Han Hiragana Katakana Hangul Bopomofo Adlam Balinese Bamum Batak Canadian_Aboriginal Chakma Cham Cherokee Hanifi_Rohingya Javanese Kayah_Li Lepcha Limbu Lisu Mandaic Meetei_Mayek Miao Mongolian New_Tai_Lue Newa Nko Nyiakeng_Puachue_Hmong Ol_Chiki Osage Saurashtra Sundanese Syloti_Nagri Syriac Tai_Le Tai_Tham Tai_Viet Tifinagh Vai Wancho Yi'.split(
    ' ',
  );

/** The script of a character, for people. */
export function scriptOf(character: string): string {
  const name = NAMES.find((one) => new RegExp(`\\p{sc=${one}}`, 'u').test(character));
  return name?.replaceAll('_', ' ') ?? (/\p{L}/u.test(character) ? 'of a rare script' : 'no letter');
}

export type Weight = 'regular' | 'bold';

/** A font in both weights. */
type Faces = Readonly<Record<Weight, Face>>;

/** Finds a family; rejects with `FONT_MISSING` if it can't be had. */
export type LoadFamily = (family: Family) => Promise<Faces>;

/** Families that are loaded once, from `node_modules` or the cache folder, and fetched where the cache lacks them. */
export function familyLoader(
  cacheDir: string,
  env: Readonly<Record<string, string | undefined>>,
  progress: (step: string) => void,
): LoadFamily {
  const loaded = new Map<Family, Promise<Faces>>();
  const load = async (family: Family): Promise<Faces> => {
    const folder =
      family === OWN
        ? fileURLToPath(new URL('.', import.meta.resolve('@expo-google-fonts/noto-sans/package.json')))
        : await fetched(family, cacheDir, env, progress);
    const [regular, bold] = await Promise.all(
      WEIGHT_FOLDERS.map(async (weight) => {
        const file = (await readdir(join(folder, weight))).find((name) => name.endsWith('.ttf')) ?? '';
        return faceOf(await readFile(join(folder, weight, file)));
      }),
    );
    if (regular === undefined || bold === undefined) throw new TypeError(`${family} has no two weights`);
    return { regular, bold };
  };
  return (family) => {
    const before = loaded.get(family);
    if (before !== undefined) return before;
    const loading = load(family);
    loaded.set(family, loading);
    return loading;
  };
}

const WEIGHT_FOLDERS = ['400Regular', '700Bold'] as const;

/** The folder of a family, with two of its nine weights and its licence. */
async function fetched(
  family: keyof typeof FETCHED,
  cacheDir: string,
  env: Readonly<Record<string, string | undefined>>,
  progress: (step: string) => void,
): Promise<string> {
  const [version, megabytes] = FETCHED[family];
  const part = `font-${family}-${version}`;
  const name = `@expo-google-fonts/${family}`;
  if (!isCached(cacheDir, part)) progress(`fetching the font ${family} with npm (${megabytes} MB, once)`);
  return cached(cacheDir, part, async (workshop) => {
    const options = [
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--fetch-retry-mintimeout=1000',
    ];
    const npm = join(workshop, 'npm');
    await mkdir(npm);
    const { exit, output } = await run(
      'npm',
      ['install', '--prefix', npm, ...options, `${name}@${version}`],
      {
        env,
      },
    );
    if (exit.code !== 0) throw notFetched(family, cacheDir, output.slice(0, 4));
    const from = join(npm, 'node_modules', name);
    for (const kept of ['400Regular', '700Bold', 'LICENSE_FONT']) {
      await cp(join(from, kept), join(workshop, kept), { recursive: true });
    }
    await rm(npm, { recursive: true });
  });
}

function notFetched(
  family: keyof typeof FETCHED,
  cacheDir: string,
  output: readonly string[],
): OrderSystemError {
  const message = [`the label needs the font ${family}, and npm could not fetch it:`, ...output];
  return new OrderSystemError('FONT_MISSING', message.join('\n  '), {
    remedy: [
      'See that npm reaches its registry, then try again: it takes one fetch, and labels need no network from then on.',
      `Without a network: copy the folder font-${family}-${FETCHED[family][0]} from the cache of a machine that has printed such a label into ${cacheDir}`,
    ],
    retriable: true,
  });
}

/** The font of every character of some addresses. */
export interface LabelFonts {
  /** The faces of a character, one that is seen as one (UAX #29). */
  facesOf(grapheme: string): Faces;
}

/** Characters that no font here has, or is known for. */
export interface Unprintable {
  readonly kind: 'unprintable';
  readonly characters: readonly string[];
}

/** What labels say themselves is in Noto Sans. */
const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A text as the characters that are seen. */
export function graphemesOf(text: string): readonly string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** Loads the fonts of addresses, each with its country. */
export async function fontsFor(
  addresses: readonly { readonly texts: readonly string[]; readonly country: string }[],
  load: LoadFamily,
): Promise<({ readonly kind: 'fonts' } & LabelFonts) | Unprintable> {
  const own = await load(OWN);
  const faces = new Map(ASCII.map((character) => [character, own]));
  const unprintable = new Set<string>();
  for (const { texts, country } of addresses) {
    const address = texts.join('\n');
    for (const grapheme of new Set(texts.flatMap(graphemesOf))) {
      if (faces.has(grapheme)) continue;
      const found = await firstWith(grapheme, [OWN, ...familiesFor(grapheme, address, country)], load);
      if (found === undefined) unprintable.add(grapheme);
      else faces.set(grapheme, found);
    }
  }
  if (unprintable.size > 0) return { kind: 'unprintable', characters: [...unprintable] };
  return { kind: 'fonts', facesOf: (grapheme) => faces.get(grapheme) ?? own };
}

/** Characters that shape their neighbours, and are no glyphs: joiners and variation selectors. */
const NO_GLYPH = /\p{Default_Ignorable_Code_Point}/u;

async function firstWith(
  grapheme: string,
  families: readonly Family[],
  load: LoadFamily,
): Promise<Faces | undefined> {
  const codePoints = Array.from(grapheme)
    .filter((character) => !NO_GLYPH.test(character))
    .map((character) => character.codePointAt(0) ?? 0);
  for (const family of families) {
    const { regular, bold } = await load(family);
    if (codePoints.every((one) => regular.hasGlyph(one) && bold.hasGlyph(one))) return { regular, bold };
  }
  return undefined;
}

/** What a record's key looks like: a colour and a letter or two, the same on every screen, on paper and in a browser. */

/** A key's colour, on light and dark: black letters are read on each of these. */
export function colourOf(key: string | null): string {
  return key === null ? '#b4b4b4' : oklch(0.79, 0.125, hueOf(key));
}

/** 0 to 359: the same key has the same one everywhere; keys that end in numbers have far ones as neighbours. */
export function hueOf(key: string): number {
  const number = /\d{1,9}$/.exec(key)?.[0];
  if (number !== undefined) return Math.round(Number(number) * GOLDEN_ANGLE) % 360;
  let hash = 2_166_136_261;
  for (const character of key) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return (hash >>> 0) % 360;
}

/** Steps of it fill a circle evenly, however many they are. */
const GOLDEN_ANGLE = 137.508;

/** A key in one or two letters: what it ends in, where that is a number. */
export function shortKey(key: string | null): string {
  if (key === null) return '·';
  return (
    /\d{1,2}$/.exec(key)?.[0] ??
    (key
      .match(/[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}]/gu)
      ?.slice(0, 2)
      .join('') ||
      '?')
  );
}

/** Equal steps of hue that look equally light (https://bottosson.github.io/posts/oklab/), as sRGB. */
function oklch(lightness: number, chroma: number, hue: number): string {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const channels = linear.map((value) => {
    const light = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, light)));
  });
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

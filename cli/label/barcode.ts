import bwipjs from 'bwip-js/node';

/** A bar, in modules from the left edge of the first one. */
interface Bar {
  readonly at: number;
  readonly width: number;
}

export interface Barcode {
  readonly bars: readonly Bar[];
  /** In modules, without the quiet zones: ten modules to either side have to stay white (ISO/IEC 15417). */
  readonly width: number;
}

/** A text as Code 128. */
export function code128(text: string): Barcode {
  const [symbol] = bwipjs.raw({ bcid: 'code128', text });
  if (symbol === undefined || !('sbs' in symbol)) throw new TypeError('Code 128 has bars of one height');
  const bars: Bar[] = [];
  let width = 0;
  // Widths of bar, space, bar, … bar.
  symbol.sbs.forEach((modules, index) => {
    if (index % 2 === 0) bars.push({ at: width, width: modules });
    width += modules;
  });
  return { bars, width };
}

import { buffer } from 'node:stream/consumers';
import bwipjs from 'bwip-js/node';
import PDFDocument from 'pdfkit';
import { OrderSystemError } from '../errors.ts';
import { featuresOf } from './face.ts';
import { fontsFor, type LabelFonts, type LoadFamily, scriptOf, type Weight } from './fonts.ts';
import type { PostalAddress, Shipment } from './shipment.ts';
import { type Line, linesOf, numbersOf, printable } from './typeset.ts';

/** PDF measures in points, 72 to the inch. */
const INCH = 72;
const [WIDTH, HEIGHT] = [4 * INCH, 6 * INCH];
const MARGIN = 0.2 * INCH;
const INNER = WIDTH - 2 * MARGIN;
/** A dot of a label printer of 203 dpi, the usual one: bars that begin and end on dots come out as wide as they should. */
const DOT = INCH / 203;
const MODULE = 2 * DOT;
/**
 * Kept free at both edges of a bar: PDF paints every dot that a shape touches (ISO 32000-1, 10.6.5), so a bar that ends
 * exactly where the next dot begins would get that one too.
 */
const CLEARANCE = DOT / 8;

/** From top to bottom. */
const Y = {
  carrier: 12,
  firstRule: 44,
  from: 48,
  sender: 58,
  secondRule: 106,
  shipTo: 111,
  address: 122,
  thirdRule: 292,
  barcode: 302,
  orderId: 380,
  footer: 404,
};
const SENDER_SIZES = [9, 8, 7, 6, 5, 4, 3] as const;
const ADDRESS_SIZES = [16, 14, 12, 10, 8, 7, 6, 5, 4, 3] as const;

/**
 * The label of a shipment, a PDF of one page of 4 by 6 inches: its carrier, who sends it, the address, and the order id
 * in Code 128 and in letters.
 *
 * The same shipment is the same bytes, on any day and any machine: the only time in it is the order's, and nothing is
 * compressed, since zlibs differ.
 *
 * Throws `LABEL_UNPRINTABLE` for characters that no font has, which it names, or an address that is too long, and what
 * `load` rejects with.
 */
export async function labelOf(
  shipment: Shipment,
  sender: PostalAddress,
  load: LoadFamily,
): Promise<Uint8Array> {
  const { orderId, carrier, weightClass, items, createdAt } = shipment;
  const from = addressLines(sender);
  const to = addressLines(shipment.address);
  const fonts = await fontsOf(
    orderId,
    [
      { what: 'return address', lines: from, country: sender.country },
      { what: 'address', lines: to, country: shipment.address.country },
    ],
    load,
  );

  const doc = new PDFDocument({
    size: [WIDTH, HEIGHT],
    margin: 0,
    compress: false,
    lang: 'en',
    // None of the fonts that come with a viewer.
    font: '',
    info: {
      Title: `Shipping label of ${orderId}`,
      Producer: 'orderly',
      Creator: 'orderly',
      CreationDate: new Date(createdAt),
    },
  });
  const write = (text: string, weight: Weight, size: number, y: number, align?: Align) =>
    draw(doc, linesOf(text, weight, fonts, Number.POSITIVE_INFINITY), size, y, align);

  write(carrier.toUpperCase(), 'bold', 20, Y.carrier);
  write(`${weightClass}, ${items} ${items === 1 ? 'item' : 'items'}`, 'regular', 9, Y.carrier + 10, 'right');
  rule(doc, Y.firstRule);
  write('FROM', 'regular', 7, Y.from);
  drawAddress(doc, from, fonts, { sizes: SENDER_SIZES, top: Y.sender, bottom: Y.secondRule });
  rule(doc, Y.secondRule);
  write('SHIP TO', 'regular', 7, Y.shipTo);
  drawAddress(doc, to, fonts, { sizes: ADDRESS_SIZES, top: Y.address, bottom: Y.thirdRule });
  rule(doc, Y.thirdRule);
  drawBarcode(doc, orderId);
  write(orderId, 'regular', 10, Y.orderId, 'center');
  write(`ordered ${createdAt.slice(0, 16).replace('T', ' ')} UTC`, 'regular', 7, Y.footer, 'center');
  doc.end();
  return buffer(doc);
}

interface AddressLine {
  readonly text: string;
  readonly weight: Weight;
}

/** What stands on an envelope: the country last, in capitals and in English. */
function addressLines({
  name,
  line1,
  line2,
  postalCode,
  city,
  country,
}: PostalAddress): readonly AddressLine[] {
  const lines: readonly AddressLine[] = [
    { text: name, weight: 'bold' },
    { text: line1, weight: 'regular' },
    { text: line2 ?? '', weight: 'regular' },
    { text: postalCode === undefined ? city : `${postalCode} ${city}`, weight: 'regular' },
    { text: countryName(country).toUpperCase(), weight: 'bold' },
  ];
  return lines
    .map(({ text, weight }) => ({ text: printable(text).trim(), weight }))
    .filter(({ text }) => text !== '');
}

const COUNTRIES = new Intl.DisplayNames('en', { type: 'region' });
const SHORT_COUNTRIES = new Intl.DisplayNames('en', { type: 'region', style: 'short' });
/** Whose long name explains or takes sides ("Hong Kong SAR China", "Myanmar (Burma)"): the short one is what people write. */
const SHORT = new Set(['HK', 'MM', 'MO', 'PS']);

/**
 * The name of a country as CLDR has it, which is what people call it today and not what a standard calls it (no "Taiwan,
 * Province of China"). Node brings it along, so a name changes with Node alone. A code that has no name, or is no country's any more and would get
 * that of one of its successors, stands for itself.
 */
export function countryName(code: string): string {
  if (new Intl.Locale(`und-${code}`).region !== code) return code;
  return (SHORT.has(code) ? SHORT_COUNTRIES : COUNTRIES).of(code) ?? code;
}

async function fontsOf(
  orderId: string,
  addresses: readonly {
    readonly what: string;
    readonly lines: readonly AddressLine[];
    readonly country: string;
  }[],
  load: LoadFamily,
): Promise<LabelFonts> {
  const asked = addresses.map(({ lines, country }) => ({ texts: lines.map(({ text }) => text), country }));
  const found = await fontsFor(asked, load);
  if (found.kind === 'fonts') return found;
  const { characters } = found;
  const where = addresses
    .filter(({ lines }) => lines.some(({ text }) => characters.some((one) => text.includes(one))))
    .map(({ what }) => what);
  const shown = characters
    .slice(0, MOST_SHOWN)
    .map((character) => `${character} (${numbersOf(character)}, ${scriptOf(character)})`);
  const more = characters.length > MOST_SHOWN ? `, and ${characters.length - MOST_SHOWN} more` : '';
  throw new OrderSystemError(
    'LABEL_UNPRINTABLE',
    `no font has what the ${where.join(' and the ')} of ${orderId} has: ${shown.join(', ')}${more}; no label was written`,
    { remedy: REMEDY },
  );
}

const MOST_SHOWN = 10;

const REMEDY = [
  'Ask the customer for the address in another script, Latin letters for one, or a shorter one; cancel the order, and place it again with that.',
  'Or ship it without this label, by the address of its order.',
];

type Align = 'left' | 'center' | 'right';

/** In the largest size of letters that has room for it. Throws `LABEL_UNPRINTABLE` if none has. */
function drawAddress(
  doc: PDFKit.PDFDocument,
  address: readonly AddressLine[],
  fonts: LabelFonts,
  {
    sizes,
    top,
    bottom,
  }: { readonly sizes: readonly number[]; readonly top: number; readonly bottom: number },
): void {
  for (const size of sizes) {
    const lines = address.flatMap(({ text, weight }) => linesOf(text, weight, fonts, INNER / size));
    const height = size * lines.reduce((sum, { ascent, descent }) => sum + ascent + descent, 0);
    if (height > bottom - top) continue;
    draw(doc, lines, size, top);
    return;
  }
  throw new OrderSystemError(
    'LABEL_UNPRINTABLE',
    `an address is too long for a label, even in letters of ${sizes.at(-1)} points; no label was written`,
    { remedy: REMEDY },
  );
}

/** Lines below each other from `y`, each to the side where its script begins unless it is told otherwise. */
function draw(doc: PDFKit.PDFDocument, lines: readonly Line[], size: number, y: number, align?: Align): void {
  let top = y;
  for (const { parts, direction, width, ascent, descent } of lines) {
    const free = INNER - width * size;
    let x = MARGIN + free * SHARE_BEFORE[align ?? (direction === 'rtl' ? 'right' : 'left')];
    for (const { text, direction: way, face } of parts) {
      // For who copies it: vowels of Thai or Tamil are not where they are read. Viewers turn right-to-left text by themselves.
      if (way === 'ltr') doc.markContent('Span', { actual: text });
      doc.font(face.pdfFont, size).text(text, x, top + ascent * size, {
        lineBreak: false,
        baseline: 'alphabetic',
        features: featuresOf(way),
      });
      if (way === 'ltr') doc.endMarkedContent();
      x += face.widthOf(text, way) * size;
    }
    top += (ascent + descent) * size;
  }
}

/** Of the space that a line leaves free, what is before it. */
const SHARE_BEFORE: Readonly<Record<Align, number>> = { left: 0, center: 0.5, right: 1 };

function rule(doc: PDFKit.PDFDocument, y: number): void {
  doc.rect(MARGIN, y, INNER, 1).fill('black');
}

/** In the middle, and so between two quiet zones. */
function drawBarcode(doc: PDFKit.PDFDocument, text: string): void {
  const { bars, width } = code128(text);
  const left = Math.floor((WIDTH - width * MODULE) / 2 / DOT) * DOT;
  for (const bar of bars)
    doc.rect(left + bar.at * MODULE + CLEARANCE, Y.barcode, bar.width * MODULE - 2 * CLEARANCE, INCH);
  doc.fill('black');
}

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

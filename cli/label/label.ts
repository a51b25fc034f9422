import { buffer } from 'node:stream/consumers';
import PDFDocument from 'pdfkit';
import { code128 } from './barcode.ts';
import type { LabelFonts } from './fonts.ts';
import { shownWith } from './glyphs.ts';
import type { Shipment } from './shipment.ts';

/** A shipping label. */
export interface Label {
  /** A PDF of one page. */
  readonly pdf: Uint8Array;
  /** Characters of the address that are shown by their numbers, since the font has no glyph for them. */
  readonly missing: readonly string[];
}

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
  carrier: 16,
  firstRule: 50,
  shipTo: 58,
  address: 72,
  secondRule: 288,
  barcode: 302,
  orderId: 380,
  footer: 404,
};
const ADDRESS_SIZES = [16, 14, 12, 10, 8, 7, 6, 5, 4] as const;

/**
 * The label of a shipment: 4 by 6 inches, with its carrier, the address, and the order id in Code 128 and in letters.
 *
 * The same shipment is the same bytes, on any day and any machine: the only time in it is the order's, and nothing is
 * compressed, since zlibs differ.
 */
export async function labelOf(shipment: Shipment, fonts: LabelFonts): Promise<Label> {
  const { orderId, carrier, weightClass, items, createdAt } = shipment;
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
  doc.registerFont('regular', fonts.regular).registerFont('bold', fonts.bold);
  const inOneLine = { width: INNER, lineBreak: false } as const;

  doc.font('bold', 20).text(carrier.toUpperCase(), MARGIN, Y.carrier, inOneLine);
  doc
    .font('regular', 9)
    .text(`${weightClass}, ${items} ${items === 1 ? 'item' : 'items'}`, MARGIN, Y.carrier + 10, {
      ...inOneLine,
      align: 'right',
    });
  rule(doc, Y.firstRule);
  doc.font('regular', 7).text('SHIP TO', MARGIN, Y.shipTo, inOneLine);

  const lines = addressLines(shipment).map(({ text, font }) => ({
    ...shownWith(fonts.hasGlyph, text),
    font,
  }));
  const size = ADDRESS_SIZES.find((one) => heightOf(doc, lines, one) <= Y.secondRule - Y.address);
  if (size === undefined) throw new RangeError(`the address of ${orderId} does not fit on a label`);
  doc.y = Y.address;
  for (const { text, font } of lines) doc.font(font, size).text(text, MARGIN, doc.y, { width: INNER });

  rule(doc, Y.secondRule);
  drawBarcode(doc, orderId);
  doc.font('regular', 10).text(orderId, MARGIN, Y.orderId, { ...inOneLine, align: 'center' });
  const ordered = `ordered ${createdAt.slice(0, 16).replace('T', ' ')} UTC`;
  doc.font('regular', 7).text(ordered, MARGIN, Y.footer, { ...inOneLine, align: 'center' });
  doc.end();
  return { pdf: await buffer(doc), missing: lines.flatMap(({ missing }) => missing) };
}

type Font = 'regular' | 'bold';

/** What stands on an envelope: the country last, in capitals and in English. */
function addressLines({ address }: Shipment): readonly { readonly text: string; readonly font: Font }[] {
  const { name, line1, line2, postalCode, city, country } = address;
  return [
    { text: name, font: 'bold' },
    { text: line1, font: 'regular' },
    ...(line2 === undefined ? [] : [{ text: line2, font: 'regular' } as const]),
    { text: postalCode === undefined ? city : `${postalCode} ${city}`, font: 'regular' },
    { text: countryName(country).toUpperCase(), font: 'bold' },
  ];
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

function heightOf(
  doc: PDFKit.PDFDocument,
  lines: readonly { readonly text: string; readonly font: Font }[],
  size: number,
): number {
  return lines.reduce(
    (sum, { text, font }) => sum + doc.font(font, size).heightOfString(text, { width: INNER }),
    0,
  );
}

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

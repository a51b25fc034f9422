/** The request body of `POST /orders`; written out here, since what tests the functions shares nothing with them. */
export interface SampleOrder {
  readonly customerId: string;
  readonly email: string;
  readonly shippingAddress: {
    readonly name: string;
    readonly line1: string;
    readonly city: string;
    readonly postalCode: string;
    readonly country: string;
  };
  readonly currency: string;
  readonly lines: readonly {
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    readonly unitPrice: number;
  }[];
}

const goods = [
  { sku: 'TEA-EARL-100', name: 'Earl Grey, 100 g', unitPrice: 790 },
  { sku: 'MUG-BLUE', name: 'Mug, cobalt blue', unitPrice: 1450 },
  { sku: 'KETTLE-1L', name: 'Kettle, 1 l', unitPrice: 4990 },
  { sku: 'HONEY-250', name: 'Heather honey, 250 g', unitPrice: 890 },
  { sku: 'TRAY-OAK', name: 'Tray, oak', unitPrice: 3200 },
] as const;

const places = [
  { city: 'Hamburg', postalCode: '20095', country: 'DE', currency: 'EUR' },
  { city: 'Kyoto', postalCode: '600-8216', country: 'JP', currency: 'JPY' },
  { city: 'Portland', postalCode: '97205', country: 'US', currency: 'USD' },
] as const;

/** The `n`-th sample order, always the same one; `customers` of them share the orders in turn. */
export function sampleOrder(n: number, customers: number): SampleOrder {
  const customer = n % customers;
  const place = at(places, customer);
  const lines = Array.from({ length: 1 + (n % 3) }, (_, line) => {
    const { sku, name, unitPrice } = at(goods, n + line);
    return { sku, name, quantity: 1 + ((n + line) % 4), unitPrice };
  });
  return {
    customerId: `customer-${customer}`,
    email: `customer-${customer}@example.com`,
    shippingAddress: {
      name: `Customer ${customer}`,
      line1: `${customer + 1} Sample Street`,
      city: place.city,
      postalCode: place.postalCode,
      country: place.country,
    },
    currency: place.currency,
    lines,
  };
}

/** What an order comes to, in minor units of its currency. */
export function totalOf({ lines }: SampleOrder): number {
  return lines.reduce((total, { quantity, unitPrice }) => total + quantity * unitPrice, 0);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('no samples to choose from');
  return item;
}

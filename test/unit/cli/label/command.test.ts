import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractText, getDocumentProxy } from 'unpdf';
import { expect, it, onTestFinished, vi } from 'vitest';
import { answeringProject } from '../../../support/answering-project.ts';
import { fakeAws } from '../../../support/fake-aws.ts';
import { orderIdOf, shipment } from '../../../support/shipments.ts';

/** A local cloud with one shipment, to a customer of this name; `outputs` are beside those of its table. */
async function project(name: string, outputs: Record<string, string> = {}) {
  const item = shipment('label');
  const row = { ...item, address: { M: { ...item.address?.M, name: { S: name } } } };
  const cloud = await answeringProject((_dir, url) => ({
    '/_millrace/status': {
      engine: { awsEndpoint: url, region: 'us-east-1' },
      functions: [],
      outputs: { 'orders.ShipmentsTable': 'shipments', ...outputs },
    },
    '/': { Item: row },
  }));
  return { ...cloud, orderId: orderIdOf(item) };
}

async function textOf(file: string): Promise<string> {
  const document = await getDocumentProxy(new Uint8Array(readFileSync(file)));
  return (await extractText(document, { mergePages: true })).text;
}

it('writes a label with the return address of the app', async () => {
  const sender = { name: 'K\u00e4sek\u00f6nig', line1: 'Lagerstr. 12', city: 'Hamburg', country: 'DE' };
  const { dir, orderly, orderId } = await project('Ada', { 'orders.ReturnAddress': JSON.stringify(sender) });
  expect(await orderly('label', orderId)).toEqual({ code: 0, output: join(dir, `${orderId}.pdf`) });
  const text = await textOf(join(dir, `${orderId}.pdf`));
  expect(text).toContain('Käsekönig');
  expect(text).toContain('Ada');
});

it('writes one with a sample where the local cloud was told none, and says so', async () => {
  const { dir, orderly, orderId } = await project('Ada');
  const { code, output } = await orderly('label', orderId, '--out', 'a.pdf');
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/return address is a sample[\s\S]*returnAddress/),
  ]);
  expect(await textOf(join(dir, 'a.pdf'))).toContain('SAMPLE SENDER');
});

it('writes none for a deployed stack that was told no return address', async () => {
  const aws = await fakeAws({
    stacks: () => ({ orders: { outputs: { ShipmentsTable: 'shipments' }, mappings: {} } }),
  });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await aws.stop();
  });
  for (const [key, value] of Object.entries(aws.env)) vi.stubEnv(key, value === '' ? undefined : value);
  const { dir, orderly, orderId } = await project('Ada');
  const { code, output } = await orderly('label', orderId, '--stack', 'orders');
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(/the stack orders in us-east-1 has no return address[\s\S]*docs\/deploying\.md/),
  ]);
  expect(existsSync(join(dir, `${orderId}.pdf`))).toBe(false);
});

it('writes nothing where it cannot print a letter: the letters, their script and a remedy are named', async () => {
  const { dir, orderly, orderId } = await project('ᏣᎳᎩ');
  const before = readdirSync(dir);
  const { code, output } = await orderly('label', orderId);
  expect(code).toBe(1);
  expect(output).toMatch(/Ꮳ \(U\+13E3, Cherokee\).*LABEL_UNPRINTABLE\]\n {2}Ask the customer/);
  expect(readdirSync(dir)).toEqual(before);
  expect(existsSync(join(dir, `${orderId}.pdf`))).toBe(false);
});

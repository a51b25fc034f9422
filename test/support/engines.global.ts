import type { TestProject } from 'vitest/node';
import { z } from 'zod';
import type {} from './engines.ts';

const given = z.object({ bootstrapServers: z.string(), ministack: z.url(), dynamodbLocal: z.url() });

/** Provides the engines of a test run: those of `ORDERLY_TEST_ENGINES` (JSON of their addresses). */
export async function setup(project: TestProject): Promise<void> {
  const addresses = process.env.ORDERLY_TEST_ENGINES;
  if (addresses === undefined) throw new Error('set ORDERLY_TEST_ENGINES');
  project.provide('engines', given.parse(JSON.parse(addresses)));
}

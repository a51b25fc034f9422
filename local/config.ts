import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FORMER_NAME } from './command-line.ts';
import { LocalCloudError } from './errors.ts';
import { AS_DOCUMENTED } from './event-sources/kafka/emulation.ts';
import { DEFAULT_ENVIRONMENTS } from './lambda/host.ts';

const LocalConfig = z.strictObject({
  /** By construct path or logical id. */
  functions: z
    .record(z.string(), z.strictObject({ environment: z.record(z.string(), z.string()).default({}) }))
    .default({}),
  /** By construct path or logical id of an HTTP API: what a request without a token claims, where a route wants one. */
  apis: z
    .record(z.string(), z.strictObject({ jwtClaims: z.record(z.string(), z.string()).default({}) }))
    .default({}),
  /** What `--accept` takes, for good: `Stack/LogicalId.Property`. */
  accept: z.array(z.string()).default([]),
  /** Environments of one function at the same time. A smaller reserved concurrency counts. */
  maxEnvironments: z.int().positive().default(DEFAULT_ENVIRONMENTS),
  /** What Kafka mappings do where AWS's documents say nothing, or otherwise than what was seen on AWS. */
  emulation: z
    .strictObject({
      partialResponse: z.enum(['checkpoint', 'selective']).default(AS_DOCUMENTED.partialResponse),
      deadLetters: z.enum(['per-record', 'per-group']).default(AS_DOCUMENTED.deadLetters),
      redelivery: z.enum(['full', 'records-only']).default(AS_DOCUMENTED.redelivery),
      longestBackOffMs: z.int().positive().default(AS_DOCUMENTED.longestBackOffMs),
    })
    .default(AS_DOCUMENTED),
});

/** The file in which a project says of its app what is meant for local runs alone. */
export const CONFIG_FILE = 'millrace.json';

/** What a project says of its app for local runs alone. */
export type LocalConfig = z.infer<typeof LocalConfig>;

/**
 * Reads `millrace.json`, whose place `path` is; a file that does not exist is an empty one.
 *
 * Throws `LocalCloudError` `CONFIG_INVALID` naming the field, and where the file lies that was read before this one was.
 */
export async function readLocalConfig(path: string): Promise<LocalConfig> {
  const former = join(dirname(path), `${FORMER_NAME}.json`);
  if (existsSync(former)) {
    throw new LocalCloudError('CONFIG_INVALID', `${former} is not read any more: it is ${CONFIG_FILE} now`, {
      remedy: [
        existsSync(path)
          ? `Delete it; there is a ${CONFIG_FILE}: rm ${former}`
          : `Rename it: mv ${former} ${path}`,
      ],
    });
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return LocalConfig.parse({});
    throw invalid(path, 'it cannot be read', cause);
  }
  try {
    return LocalConfig.parse(JSON.parse(text));
  } catch (cause) {
    throw invalid(path, cause instanceof z.ZodError ? z.prettifyError(cause) : 'it is not JSON', cause);
  }
}

function invalid(path: string, why: string, cause: unknown): LocalCloudError {
  return new LocalCloudError('CONFIG_INVALID', `${path} is not valid: ${why}`, {
    cause,
    remedy: [
      'Its form: {"functions": {"<construct path>": {"environment": {"NAME": "value"}}}, "accept": []}',
      'Environments of each function: {"maxEnvironments": 10}',
      'An HTTP API with tokens: {"apis": {"<construct path>": {"jwtClaims": {"sub": "customer-1"}}}}',
    ],
  });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Assembly, StackId } from '../../../local/assembly/assembly.ts';
import type { Finding } from '../../../local/assembly/findings.ts';
import type { CloudModel } from '../../../local/assembly/model.ts';
import { modelOf } from '../../../local/assembly/model.ts';
import { stackOf, templateDocument } from '../../../local/assembly/read.ts';
import type { EngineFacts } from '../../../local/assembly/scope.ts';

export const facts: EngineFacts = {
  account: '000000000000',
  region: 'us-east-1',
  bootstrapServers: '127.0.0.1:9092',
  streamArn: () => undefined,
};

/** A throw-away folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'assembly-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** An assembly of templates written by hand, by stack name; S3 key `code.zip` is a folder. */
export function assemblyOf(templates: Readonly<Record<string, unknown>>): Assembly {
  const assets = [
    { objectKeys: ['code.zip'], path: '/assets/code', holds: 'folder' },
    { objectKeys: ['packed.zip'], path: '/assets/packed.jar', holds: 'file' },
    { objectKeys: ['gone.zip'], path: '/assets/gone', holds: 'missing' },
  ] as const;
  return {
    dir: '/assembly',
    stacks: Object.entries(templates).map(([name, template]) =>
      stackOf({
        id: name as StackId,
        name,
        template: templateDocument.parse(template),
        metadata: {},
        assets,
      }),
    ),
  };
}

type Options = Partial<Parameters<typeof modelOf>[2]>;
export const noOptions = { accept: new Set<string>(), environment: {}, jwtClaims: {} };

/** What an assembly written by hand comes to; `resources` make up the one stack `App`. */
export function judged(
  resources: Readonly<Record<string, unknown>>,
  options: Options = {},
): { readonly model: CloudModel; readonly findings: readonly Finding[] } {
  return judgedTemplates({ App: { Resources: resources } }, options);
}

export function judgedTemplates(templates: Readonly<Record<string, unknown>>, options: Options = {}) {
  return modelOf(assemblyOf(templates), facts, { ...noOptions, ...options });
}

/** `Resource.Property` of each finding: what `--accept` would take where there is one stack. */
export function accepts(findings: readonly Finding[]): string[] {
  return findings.map(({ accept }) => accept.replace(/^App\//, ''));
}

/** A function that runs here, as a template has it. */
export function functionResource(properties: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
      ...properties,
    },
  };
}

export const clusterArn =
  'arn:aws:kafka:eu-west-1:000000000000:cluster/demo/11111111-2222-3333-4444-555555555555-1';

/** A mapping of topic `orders` to the function `Consumer`. */
export function kafkaMappingResource(properties: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      FunctionName: { Ref: 'Consumer' },
      EventSourceArn: clusterArn,
      Topics: ['orders'],
      StartingPosition: 'TRIM_HORIZON',
      ...properties,
    },
  };
}

/** A table with key `pk` and, if one is named, a stream. */
export function tableResource(properties: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      ...properties,
    },
  };
}

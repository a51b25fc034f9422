import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ACCOUNT, COMPOSE, COMPOSE_CLUSTER_ID, REGION } from '../../local/engines/addresses.ts';
import { EMBEDDED_CLUSTER_ID } from '../../local/engines/kafka/install.ts';
import { singleNode } from '../../local/engines/kafka/properties.ts';
import { MINISTACK_PART } from '../../local/engines/ministack/install.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const file: unknown = parse(read('../../docker-compose.yml'));

const environment = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const { services, volumes } = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        image: z.string(),
        profiles: z.array(z.string()).default([]),
        ports: z.array(z.string()),
        environment,
        volumes: z.array(z.string()),
        healthcheck: z.object({ test: z.array(z.string()) }),
      }),
    ),
    volumes: z.record(z.string(), z.unknown()),
  })
  .parse(file);
const { kafka, ministack, localstack } = services;

/** The Compose specification's own schema, as dclint ships it. */
function composeSchema() {
  const path = new URL('schemas/compose.schema.json', import.meta.resolve('dclint/package.json'));
  const { $schema: _, ...schema } = z.looseObject({}).parse(JSON.parse(readFileSync(path, 'utf8')));
  return new Ajv({ strict: false, validateFormats: false }).compile(schema);
}

describe('docker-compose.yml', () => {
  it('is valid by the Compose specification', () => {
    const isValid = composeSchema();
    expect(isValid(file), JSON.stringify(isValid.errors)).toBe(true);
    expect(isValid({ services: { kafka: { imagine: 'apache/kafka' } } })).toBe(false);
  });

  it('starts Kafka and MiniStack by default, and LocalStack only when asked for', () => {
    const byDefault = Object.entries(services).filter(([, { profiles }]) => profiles.length === 0);
    expect(byDefault.map(([name]) => name).toSorted()).toEqual(['kafka', 'ministack']);
    expect(localstack?.profiles).toEqual(['localstack']);
  });

  it('publishes on 127.0.0.1 only, where the local cloud looks for it', () => {
    for (const { ports } of Object.values(services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
    expect(kafka?.ports).toEqual([`${COMPOSE.bootstrapServers}:29092`]);
    const awsPort = `${new URL(COMPOSE.awsEndpoint).host}:4566`;
    expect([ministack?.ports, localstack?.ports]).toEqual([[awsPort], [awsPort]]);
    expect(kafka?.environment.KAFKA_ADVERTISED_LISTENERS).toBe(`PLAINTEXT://${COMPOSE.bootstrapServers}`);
  });

  it('checks the health of every service, and keeps its data in a volume', () => {
    for (const service of Object.values(services)) {
      expect(service.healthcheck.test[0]).toBe('CMD');
      const names = service.volumes.map((volume) => volume.split(':')[0]);
      expect(names).toHaveLength(1);
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(names));
    }
  });

  it('has the cluster id by which the local cloud knows its broker, and no embedded broker has it', () => {
    expect(kafka?.environment.CLUSTER_ID).toBe(COMPOSE_CLUSTER_ID);
    expect(COMPOSE_CLUSTER_ID).not.toBe(EMBEDDED_CLUSTER_ID);
    // Kafka wants a base64url UUID: 16 bytes.
    for (const id of [COMPOSE_CLUSTER_ID, EMBEDDED_CLUSTER_ID]) {
      expect(Buffer.from(id, 'base64url')).toHaveLength(16);
    }
  });

  it('runs what the embedded engine runs, set up alike', () => {
    const pom = read('../../local/engines/kafka/pom.xml');
    const [, version] = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([\d.]+)</.exec(pom) ?? [];
    expect(kafka?.image).toBe(`apache/kafka:${version}`);
    expect(ministack?.image).toBe(`ministackorg/ministack:${MINISTACK_PART.replace('ministack-', '')}`);
    expect(ministack?.environment).toMatchObject({ MINISTACK_ACCOUNT_ID: ACCOUNT, MINISTACK_REGION: REGION });
    for (const [name, value] of Object.entries(singleNode)) {
      const variable = `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`;
      expect(kafka?.environment, variable).toHaveProperty(variable, String(value));
    }
  });

  it('holds no token', () => {
    expect(localstack?.environment.LOCALSTACK_AUTH_TOKEN).toMatch(/^\$\{LOCALSTACK_AUTH_TOKEN:-\}$/);
  });
});

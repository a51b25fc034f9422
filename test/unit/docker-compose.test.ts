import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ACCOUNT, COMPOSE, COMPOSE_CLUSTER_ID, REGION } from '../../local/engines/engine.ts';
import { EMBEDDED_CLUSTER_ID, singleNode } from '../../local/engines/kafka.ts';
import { MINISTACK_PART } from '../../local/engines/ministack.ts';

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
        tmpfs: z.array(z.string()).default([]),
        stop_grace_period: z.string(),
        healthcheck: z.strictObject({
          test: z.array(z.string()),
          interval: z.string(),
          timeout: z.string(),
          retries: z.number(),
        }),
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

  // Engines before 25 and Podman refuse start_interval, and the schema above lets no other word in. Without a start period
  // every failed check counts: there have to be enough of them.
  it('checks the health of every service with what every engine knows, for at least a minute', () => {
    for (const { healthcheck } of Object.values(services)) {
      expect(healthcheck.test[0]).toBe('CMD');
      expect(Number.parseInt(healthcheck.interval, 10) * healthcheck.retries).toBeGreaterThanOrEqual(60);
    }
  });

  it('keeps the data of every service in a volume, and gives it time to save', () => {
    for (const service of Object.values(services)) {
      expect(service.stop_grace_period).toBe('60s');
      const names = service.volumes.map((volume) => volume.split(':')[0]);
      expect(names).toHaveLength(1);
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(names));
    }
  });

  // https://github.com/apache/kafka/blob/4.1.0/docker/jvm/Dockerfile declares the first two, MiniStack's image the others.
  it('leaves no volume without a name behind: what else the images declare is in memory', () => {
    expect(kafka?.tmpfs).toEqual(['/etc/kafka/secrets', '/mnt/shared/config']);
    expect(ministack?.tmpfs).toEqual(['/docker-entrypoint-initaws.d', '/etc/localstack/init']);
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
    const pom = read('../../local/engines/kafka.pom.xml');
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

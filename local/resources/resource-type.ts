import { createHash } from 'node:crypto';
import type { Resource, Stack } from '../assembly/assembly.ts';
import type { References } from '../assembly/closure.ts';
import { type Finding, findingOn } from '../assembly/findings.ts';
import { type Resolution, resolved, textOf } from '../assembly/resolution.ts';
import type { EngineFacts, Scope } from '../assembly/scope.ts';
import type { Engine } from '../engines/engine.ts';
import type { FunctionEnvironment } from './function.ts';

/** What a running app has of a resource: its place in the template, and whatever its type adds. */
export interface Part {
  readonly logicalId: string;
  /** Construct path, for messages a person reads; the logical id where the assembly has none. */
  readonly path: string;
  readonly name?: string;
}

/**
 * A CloudFormation type that is emulated, or a family of types that are one thing (an API with its routes), in one file:
 * what of it is honoured, what `Ref` and `Fn::GetAtt` answer, how it is read, and how it is made. `registry.ts` lists them.
 */
export interface ResourceType<Model extends Part> {
  /** What a person calls one: `table`. `--watch` says `table App/Orders is new`. */
  readonly word: string;
  /** What is known of each CloudFormation type of the family before any of its resources is read. */
  readonly types: Readonly<Record<string, TypeFacts>>;
  /**
   * Reads the resources of an app that what runs is concerned with, or that are made for it. Pure; other types' models are
   * had by `app.read`.
   */
  read(app: App): readonly ReadResource<Model>[];
  /**
   * For what is made though nothing refers to it: the texts by which what runs may name it nevertheless. One that nobody
   * names and that can't be honoured is left out without a finding. @default all that is read is judged
   */
  namesInUse?(app: App): ReadonlySet<string>;
  /** Property that gives the physical name, where no two may have the same: the later one is a finding, and not made. */
  readonly uniqueName?: string;
  /** What no template has and something that runs needs, beside what is declared. @default nothing */
  undeclared?(declared: readonly Model[], app: App): readonly Model[];
  /** Findings that are not about one of those read: a name in millrace.json that fits none, for example. @default none */
  furtherFindings?(app: App): readonly Finding[];
  /**
   * Makes them exist in the engine, one or more, or adopts them; rejects with PROVISIONING_FAILED, and tells what is known of the engine
   * only now. Clients of the engine are imported here, not above: whoever only reads a template doesn't wait for them.
   */
  provision?(engine: ProvisioningEngine, models: readonly Model[]): Promise<Partial<EngineFacts>>;
}

/** What of an engine is needed to make something in it. */
export type ProvisioningEngine = Pick<Engine, 'awsEndpoint' | 'region' | 'bootstrapServers' | 'kind'>;

/** What is known of a CloudFormation type, whatever its resources say. Source: "Return values" of the type in the template reference. */
export interface TypeFacts {
  /** Property that gives the physical name, where a template may give one. */
  readonly nameProperty?: string;
  /** Characters a name may have. */
  readonly nameLimit: number;
  /** Types whose names are lower case. */
  readonly lowerCase?: true;
  readonly ref: Answer;
  /** What `Fn::GetAtt` gives; an attribute that is not here comes out unresolved. */
  readonly attributes: Readonly<Record<string, Answer>>;
  /** How one makes functions run on AWS and not here: `bucket notifications are not emulated`. */
  readonly unheard?: string;
  /** It has a name here and nothing behind it: a function that is told the name would miss it. */
  readonly nameOnly?: true;
}

/** What a reference to a resource comes to. */
export type Answer = (identity: Identity) => Resolution;

/** A resource as its own `Ref` and attributes see it. */
export interface Identity {
  /** Physical name: the template's, else a generated one. */
  readonly name: string;
  /** Derived from stack and logical id. */
  readonly uuid: string;
  /** Derived from stack and logical id, 10 characters. */
  readonly id: string;
  readonly facts: EngineFacts;
  property(name: string): Resolution;
}

/** `undefined`: the type is not known here. */
export function identityOf(
  stack: Stack,
  resource: Resource,
  type: TypeFacts | undefined,
  { facts, resolve }: Pick<Scope, 'facts' | 'resolve'>,
): Identity {
  const property = (name: string): Resolution => resolve(stack.id, resource.properties[name]);
  const given = type?.nameProperty === undefined ? resolved(undefined) : property(type.nameProperty);
  const generated = generatedName(stack.name, resource.logicalId, type?.nameLimit ?? 255);
  const key = `${stack.name}/${resource.logicalId}`;
  return {
    name:
      (given.resolved ? textOf(given.value) : undefined) ??
      (type?.lowerCase === true ? generated.toLowerCase() : generated),
    uuid: derivedUuid(key),
    id: sha256Hex(key).slice(0, 10),
    facts,
    property,
  };
}

export const name: Answer = (identity) => resolved(identity.name);
export const id: Answer = (identity) => resolved(identity.id);
export const uuid: Answer = (identity) => resolved(identity.uuid);

/** The ARN of a service's resource in the engine's region and account. */
export function arn(service: string, resource: (identity: Identity) => string): Answer {
  return (identity) =>
    resolved(`arn:aws:${service}:${identity.facts.region}:${identity.facts.account}:${resource(identity)}`);
}

/**
 * The name of a resource that the template leaves unnamed: `<stack>-<logicalId>`.
 *
 * CloudFormation would append a random part; this one is the same on every run, so that data of an earlier run is found
 * again. Too long names are cut and end in 8 hex digits of a hash over the whole.
 *
 * @param limit characters the type's names may have
 */
export function generatedName(stackName: string, logicalId: string, limit: number): string {
  const whole = `${stackName}-${logicalId}`;
  return whole.length <= limit ? whole : `${whole.slice(0, limit - 9)}-${sha256Hex(whole).slice(0, 8)}`;
}

/** A UUID (version 8, "custom" in RFC 9562) derived from a text: the same text gives the same UUID. */
export function derivedUuid(text: string): string {
  const hex = sha256Hex(text);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** The app that is read, as a type sees it. */
export interface App {
  readonly scope: Scope;
  readonly references: References;
  /** The functions that run. */
  readonly running: readonly Resource[];
  /** Variables that millrace.json puts over those of the templates. */
  readonly environment: FunctionEnvironment;
  /** What millrace.json says that tokens say, by construct path or logical id of the API. */
  readonly jwtClaims: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The resources that what runs names: in a function's environment, or in a mapping. */
  named(): ReadonlySet<Resource>;
  /** The resources of these CloudFormation types that exist, in the order of the templates. */
  ofType(...types: readonly string[]): readonly Resource[];
  /** Whether the resource refers to one of those wanted, through versions and aliases too. */
  leadsTo(resource: Resource, wanted: readonly Resource[]): boolean;
  /** What another type has read. */
  read<Model extends Part>(type: ResourceType<Model>): readonly ReadResource<Model>[];
}

/** Where a resource is, as every model has it. */
export const placeOf = ({ logicalId, path }: Resource) => ({ logicalId, path });

/** What a resource was read to be: `model` is `undefined` if it cannot run here, which is not always worth a finding. */
export interface Reading<Model> {
  readonly model: Model | undefined;
  readonly findings: readonly Finding[];
}

/** A reading with the resource it came from. */
export interface ReadResource<Model> extends Reading<Model> {
  readonly resource: Resource;
  /** Other resources that it is made of. @default none */
  readonly parts?: readonly Resource[];
}

/** Reads resources one by one, keeping each beside its reading. */
export function readEach<Model>(
  resources: readonly Resource[],
  read: (resource: Resource) => Reading<Model>,
): ReadResource<Model>[] {
  return resources.map((resource) => ({ resource, ...read(resource) }));
}

export function modelsOf<Model>(readings: readonly Reading<Model>[]): Model[] {
  return readings.flatMap(({ model }) => (model === undefined ? [] : [model]));
}

export function findingsOf(readings: readonly Reading<unknown>[]): Finding[] {
  return readings.flatMap(({ findings }) => findings);
}

/**
 * A finding for each resource whose name an earlier one has: two stages of one app with names written out, for example,
 * which would be in two accounts on AWS and are in one here.
 *
 * @param property the property that gives the name
 */
export function nameClashes<Model>(
  readings: readonly ReadResource<Model>[],
  property: string,
  nameOf: (model: Model) => string | undefined,
): Finding[] {
  const first = new Map<string, string>();
  return readings.flatMap(({ resource, model }) => {
    const name = model && nameOf(model);
    if (name === undefined) return [];
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, resource.path);
    const message = `${earlier} has the name ${name} too; to run one stage alone, pass its own assembly folder`;
    return earlier === undefined ? [] : [findingOn(resource, property, message)];
  });
}

/** A finding for every key of a configuration that is the construct path or logical id of none of the resources. */
export function unknownNames(
  configured: Readonly<Record<string, unknown>>,
  resources: readonly Resource[],
  {
    type,
    property,
    given,
    kind,
  }: { readonly type: string; readonly property: string; readonly given: string; readonly kind: string },
): Finding[] {
  const known = resources.flatMap(({ logicalId, path }) => [logicalId, path]);
  return Object.keys(configured)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      stackId: undefined,
      logicalId: key,
      path: key,
      type,
      property,
      message: `millrace.json gives ${given} to this name, and no ${kind} of the app is called so; there are: ${resources.map(({ path }) => path).join(', ')}`,
      accept: `${key}.${property}`,
    }));
}

/** How a client of the AWS SDK reaches an engine. */
export function clientConfig({ awsEndpoint, region }: ProvisioningEngine) {
  return { endpoint: awsEndpoint, region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}

/** Does something with each model by a client, all at once, and ends the client. */
export async function withClient<Client extends { destroy(): void }, Model, Done>(
  client: Client,
  models: readonly Model[],
  each: (client: Client, model: Model) => Promise<Done>,
): Promise<Done[]> {
  try {
    return await Promise.all(models.map((model) => each(client, model)));
  } finally {
    client.destroy();
  }
}

import type { LocalConfig } from '../config.ts';
import { LocalCloudError } from '../errors.ts';
import { asksForBrokers } from '../resources/cluster.ts';
import { mappings } from '../resources/event-source-mapping.ts';
import { overlayOf } from '../resources/function.ts';
import { kinds, type Models, modelsByKind } from '../resources/registry.ts';
import {
  type App,
  findingsOf,
  modelsOf,
  nameClashes,
  type Part,
  type ReadResource,
  type ResourceType,
} from '../resources/resource-type.ts';
import type { Assembly, Resource } from './assembly.ts';
import { bystanders, functionsThatRun, leftOut, referencesOf, throughVersion } from './closure.ts';
import { describeFindings, type Finding, sortedByAcceptance, unresolvedFinding } from './findings.ts';
import { textOf } from './resolution.ts';
import { type EngineFacts, existingResources, type Scope, scopeOf } from './scope.ts';

/** What the local cloud runs: a plain model of a cloud assembly, every intrinsic resolved. What acts on it needs no CloudFormation. */
export interface CloudModel extends Models {
  readonly account: string;
  readonly region: string;
  readonly notEmulated: readonly NotEmulated[];
  readonly accepted: readonly AcceptedFinding[];
  /** Stack outputs by `<stack>.<output>`, resolved; those that can't be are left out. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** A resource the local cloud leaves out because nothing that runs depends on it; what was accepted is none of them. */
interface NotEmulated {
  readonly logicalId: string;
  readonly path: string;
  readonly type: string;
}

/** A finding that was accepted. */
interface AcceptedFinding extends Finding {
  /** Construct paths of what relies on the resource, where that is left out as a whole. */
  readonly reliedOnBy: readonly string[];
}

/** What is said to a start about an app. */
export interface ModelOptions {
  /** Words as `Finding.accept` spells them; what an accepted finding is about stays out of the model. */
  readonly accept: ReadonlySet<string>;
  /** Variables put over those of the templates, by construct path or logical id of the function. */
  readonly environment: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What tokens say that nobody sends, by construct path or logical id of the API. */
  readonly jwtClaims: App['jwtClaims'];
}

/** The model of an assembly that can be honoured. Throws `ASSEMBLY_NOT_HONOURED` with every finding otherwise. */
export function honouredModel(assembly: Assembly, config: LocalConfig, facts: EngineFacts): CloudModel {
  const environment = Object.fromEntries(
    Object.entries(config.functions).map(([name, settings]) => [name, settings.environment]),
  );
  const jwtClaims = Object.fromEntries(
    Object.entries(config.apis).map(([name, settings]) => [name, settings.jwtClaims]),
  );
  const accept = new Set(config.accept);
  const { model, findings } = modelOf(assembly, facts, { accept, environment, jwtClaims });
  if (findings.length === 0) return model;
  throw new LocalCloudError('ASSEMBLY_NOT_HONOURED', describeFindings(findings));
}

/**
 * Turns a cloud assembly into the model of what runs, and finds everything in it that would behave differently here.
 *
 * Judged is the closure of what runs: the functions (but those that only serve custom resources), their mappings, the
 * APIs that lead to them, and what their environment names. Tables, topics and buckets outside it are created too
 * where they can be; everything else is listed in `notEmulated`.
 *
 * Pure. Call it before an engine runs to learn whether the app can start, and again when its tables exist: only then are
 * the ARNs of their streams the engine's own.
 *
 * @param options.accept words as `Finding.accept` spells them; what an accepted finding is about stays out of the model
 * @param options.environment variables put over those of the template
 * @param options.jwtClaims what tokens say that nobody sends
 * @returns the model, to be used only if there are no findings; and all findings at once, sorted
 */
export function modelOf(
  assembly: Assembly,
  facts: EngineFacts,
  options: ModelOptions,
): { readonly model: CloudModel; readonly findings: readonly Finding[] } {
  const scope = scopeOf(assembly, facts);
  const resources = existingResources(scope);
  const app = appOf(scope, resources, options);
  const concerned = new Map(kinds.map((type) => [type, concernedBy(app, type)]));
  const readings = [...concerned.values()].flat();

  const findings = [
    ...findingsOf(readings),
    ...doubtfulConditions(scope, [
      ...new Set(readings.flatMap(({ resource, parts = [] }) => [resource, ...parts])),
    ]),
    ...leftOut(app.references, app.running),
    ...kinds.flatMap((type) => [
      ...(type.uniqueName === undefined
        ? []
        : nameClashes(concerned.get(type) ?? [], type.uniqueName, ({ name }) => name)),
      ...(type.furtherFindings?.(app) ?? []),
    ]),
  ];
  const emulated = new Set([
    ...readings.flatMap(({ resource, model, parts = [] }) =>
      model === undefined ? [] : [resource, ...parts],
    ),
    ...resources.filter(asksForBrokers),
  ]);
  const { accepted, open } = sortedByAcceptance(findings, options.accept, assembly);
  const acceptedFindings = accepted.map((finding) => {
    const isIt = ({ stackId, logicalId }: Resource): boolean =>
      finding.stackId === stackId && finding.logicalId === logicalId;
    const lost = resources.find((one) => isIt(one) && !emulated.has(one));
    const users = lost === undefined ? [] : resources.filter((one) => app.leadsTo(one, [lost]));
    return { finding, lost, users: users.filter((one) => !bystanders.has(one.type)) };
  });
  const leftOutByAcceptance = new Set(acceptedFindings.flatMap(({ lost, users }) => [lost, ...users]));
  return {
    model: {
      account: facts.account,
      region: facts.region,
      ...modelsByKind((type) => {
        const models = modelsOf(concerned.get(type) ?? []);
        const made = type.uniqueName === undefined ? models : firstOfEachName(models);
        return [...made, ...(type.undeclared?.(made, app) ?? [])];
      }),
      notEmulated: resources
        .filter((resource) => !emulated.has(resource) && !leftOutByAcceptance.has(resource))
        .map(({ logicalId, path, type }) => ({ logicalId, path, type })),
      accepted: acceptedFindings.map(({ finding, users }) => ({
        ...finding,
        reliedOnBy: users.map(({ path }) => path),
      })),
      outputs: outputsOf(scope),
    },
    findings: open,
  };
}

/** The app as the types see it; each type is read once, when somebody asks. */
function appOf(scope: Scope, resources: readonly Resource[], options: ModelOptions): App {
  const environment = overlayOf(options.environment);
  const references = referencesOf(scope, resources, environment);
  const running = functionsThatRun(references);
  const readings = new Map<unknown, readonly ReadResource<Part>[]>();
  const app: App = {
    scope,
    references,
    running,
    environment,
    jwtClaims: options.jwtClaims,
    ofType: (...types) => resources.filter(({ type }) => types.includes(type)),
    named: () =>
      new Set([
        ...running.flatMap((user) => [...references.fromEnvironment(user)]),
        ...app.read(mappings).flatMap(({ resource }) => [...references.from(resource)]),
      ]),
    leadsTo: (resource, wanted) =>
      [...references.from(resource)].some((target) => wanted.includes(throughVersion(references, target))),
    read<Model extends Part>(type: ResourceType<Model>): readonly ReadResource<Model>[] {
      const read = readings.get(type) ?? type.read(app);
      readings.set(type, read);
      // What is kept under a type was read by it.
      return read as readonly ReadResource<Model>[];
    },
  };
  return app;
}

/** What the closure doesn't name is made if that is possible, and no finding if it isn't. */
function concernedBy(app: App, type: ResourceType<Part>): readonly ReadResource<Part>[] {
  const readings = app.read(type);
  const texts = type.namesInUse?.(app);
  if (texts === undefined) return readings;
  const named = app.named();
  return readings.filter(
    ({ resource, findings }) =>
      findings.length === 0 || named.has(resource) || texts.has(app.scope.identity(resource).name),
  );
}

/** Without the later ones of equal names: one place here, one thing of a name. */
function firstOfEachName(models: readonly Part[]): Part[] {
  return models.filter(({ name }, at) => models.findIndex((other) => other.name === name) === at);
}

function outputsOf(scope: Scope): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const stack of scope.assembly.stacks) {
    for (const [name, output] of stack.outputs) {
      const resolution = scope.outputValue(stack, output);
      const text = resolution.resolved ? textOf(resolution.value) : undefined;
      if (text !== undefined) outputs[`${stack.name}.${name}`] = text;
    }
  }
  return outputs;
}

/** A finding for each of the resources of which it cannot be told whether they exist; accepted, they do. */
function doubtfulConditions(scope: Scope, resources: readonly Resource[]): Finding[] {
  return resources.flatMap((resource) => {
    const exists = scope.exists(resource);
    return exists.resolved ? [] : [unresolvedFinding(resource, 'Condition', exists)];
  });
}

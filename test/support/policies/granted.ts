/**
 * An IAM action and what it is for, e.g. `dynamodb:Query TablesShipments6C2B15AC/index/AwaitingManifest`; of mails, from whom
 * too: `ses:SendEmail identity/* from orders@example.com`.
 */
export type Permission = string;

interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
}
/** A stack's template, as JSON. */
export interface TemplateJson {
  readonly Resources: Readonly<Record<string, Resource>>;
}

/** What the policies of a stack grant to each function, by the function's logical id. Managed policies are AWS's own. */
export function grantedTo(template: TemplateJson): Map<string, Set<Permission>> {
  const functionsByRole = new Map<string, string>();
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    const role = Type === 'AWS::Lambda::Function' ? getAtt(Properties?.Role) : undefined;
    if (role !== undefined) functionsByRole.set(role, id);
  }
  const granted = new Map<string, Set<Permission>>(
    [...functionsByRole.values()].map((id) => [id, new Set()]),
  );
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy') continue;
    const { PolicyDocument, Roles } = Properties as unknown as Policy;
    for (const { Ref } of Roles) {
      const permissions = granted.get(functionsByRole.get(Ref) ?? '');
      for (const { Action, Resource, Condition } of PolicyDocument.Statement) {
        const from = Condition?.StringEquals?.['ses:FromAddress'];
        const only = from === undefined ? '' : ` from ${flat(from)}`;
        for (const action of [Action].flat()) {
          for (const resource of [Resource].flat())
            permissions?.add(`${action} ${resourceName(resource)}${only}`);
        }
      }
    }
  }
  return granted;
}

interface Policy {
  readonly Roles: readonly { readonly Ref: string }[];
  readonly PolicyDocument: {
    readonly Statement: readonly {
      readonly Action: string | string[];
      readonly Resource: unknown;
      readonly Condition?: { readonly StringEquals?: Readonly<Record<string, unknown>> };
    }[];
  };
}

/**
 * An ARN as a person names it: the logical id of what it belongs to and the rest behind it; topics and groups by their
 * names; the cluster, which is another stack's, as `cluster`.
 */
function resourceName(resource: unknown): string {
  const text = flat(resource).replace(/^arn::ses:::/, '');
  return /(?:topic|group)\/\/\/.*$/.exec(text)?.[0].replace('///', '/') ?? (text === '' ? 'cluster' : text);
}

function flat(expression: unknown): string {
  if (typeof expression === 'string') return expression;
  if (typeof expression !== 'object' || expression === null) return '';
  const [[name, value]] = Object.entries(expression) as [[string, unknown]];
  switch (name) {
    case 'Fn::GetAtt':
      return (value as [string, string])[1] === 'StreamArn'
        ? `${(value as [string])[0]}/stream`
        : (value as [string])[0];
    case 'Ref':
      return String(value).startsWith('AWS::') ? '' : String(value);
    case 'Fn::Join': {
      const [separator, parts] = value as [string, unknown[]];
      return parts.map(flat).join(separator);
    }
    default:
      return '';
  }
}

function getAtt(expression: unknown): string | undefined {
  if (typeof expression !== 'object' || expression === null || !('Fn::GetAtt' in expression))
    return undefined;
  return String((expression['Fn::GetAtt'] as unknown[])[0]);
}

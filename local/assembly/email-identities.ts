import { z } from 'zod';
import type { Resource } from './assembly.ts';
import type { EmailIdentityModel } from './model.ts';
import type { Reading } from './reading.ts';
import type { Scope } from './scope.ts';
import { shaped, textInTemplate } from './shape.ts';
import { judge } from './support.ts';
import { emailIdentitySupport } from './support-table.ts';

const emailIdentityShape = z.object({ EmailIdentity: textInTemplate });

/** Reads an `AWS::SES::EmailIdentity`; `model` is `undefined` if it cannot be created. */
export function emailIdentityOf(scope: Scope, resource: Resource): Reading<EmailIdentityModel> {
  const judged = judge(scope, resource, emailIdentitySupport);
  const { value, findings } = shaped(resource, judged, emailIdentityShape);
  if (value === undefined) return { model: undefined, findings };
  const { logicalId, path } = resource;
  return { model: { logicalId, path, name: value.EmailIdentity }, findings };
}

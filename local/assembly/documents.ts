import { z } from 'zod';

const metadataEntries = z.record(
  z.string(),
  z.array(z.looseObject({ type: z.string(), data: z.unknown().optional() })),
);

/**
 * `manifest.json` of a cloud assembly, as far as it is read here.
 *
 * Source: the package `@aws-cdk/cloud-assembly-schema`, `AssemblyManifest`.
 */
export const manifestDocument = z.looseObject({
  version: z.string(),
  artifacts: z
    .record(
      z.string(),
      z.looseObject({
        type: z.string(),
        dependencies: z.array(z.string()).default([]),
        properties: z.record(z.string(), z.unknown()).default({}),
        metadata: metadataEntries.optional(),
        additionalMetadataFile: z.string().optional(),
      }),
    )
    .default({}),
});
export type ManifestDocument = z.infer<typeof manifestDocument>;

/** Properties of a manifest artifact of type `aws:cloudformation:stack`. */
export const stackProperties = z.looseObject({ templateFile: z.string(), stackName: z.string().optional() });

/** Properties of a manifest artifact of type `cdk:asset-manifest`. */
export const assetManifestProperties = z.looseObject({ file: z.string() });

/** Properties of a manifest artifact of type `cdk:cloud-assembly`: a stage's own assembly. */
export const nestedAssemblyProperties = z.looseObject({ directoryName: z.string() });

/** `additionalMetadataFile` of a stack artifact: metadata entries by `/construct/path`. */
export const metadataDocument = metadataEntries;
export type MetadataDocument = z.infer<typeof metadataDocument>;

/** `*.assets.json`: what would be uploaded, and to which S3 keys. */
export const assetsDocument = z.looseObject({
  files: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.looseObject({ objectKey: z.string() })).default({}),
      }),
    )
    .default({}),
});

/** A CloudFormation template; values keep their intrinsics. */
export const templateDocument = z.looseObject({
  Resources: z
    .record(
      z.string(),
      z.looseObject({
        Type: z.string(),
        Properties: z.record(z.string(), z.unknown()).default({}),
        Condition: z.string().optional(),
        Metadata: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default({}),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({
        Value: z.unknown(),
        Export: z.looseObject({ Name: z.unknown() }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
  Parameters: z
    .record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown().optional() }))
    .default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
});
export type TemplateDocument = z.infer<typeof templateDocument>;

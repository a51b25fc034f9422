import type { FunctionModel } from '../resources/function.ts';

/**
 * The environment variables a function's process starts with, and all of them: what the template says, Lambda's reserved
 * variables, and what the local cloud adds, which wins.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function environmentVariables(
  fn: FunctionModel,
  run: {
    readonly region: string;
    readonly logStreamName: string;
    /** `host:port` of the environment's Runtime API. */
    readonly runtimeApi: string;
    readonly added: Readonly<Record<string, string>>;
    /** Where commands are found; the only thing that comes from this machine. */
    readonly path: string | undefined;
  },
): Record<string, string> {
  return {
    ...(run.path === undefined ? {} : { PATH: run.path }),
    // Nobody's folder, as on AWS: the SDK looks there for ~/.aws, which must not be the user's own, and fails without HOME
    // where the user id has no entry in /etc/passwd (https://nodejs.org/api/os.html#oshomedir).
    HOME: '/home/sbx_user1051',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...fn.environment,
    AWS_REGION: run.region,
    AWS_DEFAULT_REGION: run.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${fn.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMiB),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: run.logStreamName,
    LAMBDA_TASK_ROOT: fn.codeDir,
    _HANDLER: fn.handler,
    ...run.added,
    AWS_LAMBDA_RUNTIME_API: run.runtimeApi,
  };
}

/** `2026/11/22[$LATEST]<32 hexadecimal digits>`, as Lambda names the log stream of an environment. */
export function logStreamName(epochMs: number, id: string): string {
  const date = new Date(epochMs).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${date}[$LATEST]${id.replaceAll('-', '')}`;
}

/** The region an ARN names. */
export function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

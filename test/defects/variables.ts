/** Variables of the environment that the template sets, in the order asked for. */
export function variablesOf<const Names extends readonly string[]>(
  ...names: Names
): { [Index in keyof Names]: string } {
  return names.map((name) => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`${name} is missing`);
    return value;
  }) as { [Index in keyof Names]: string };
}

/** The settings of a deployment are wrong: `message` says all there is to know, so where it was found is of no interest. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_INVALID';

  constructor(message: string) {
    super(message);
    this.name = 'SettingsError';
  }
}

import type { Spread } from './statistics.ts';

/** The median, and the lowest and the highest in brackets. */
export const range = ({ median, lowest, highest }: Spread, format: (value: number) => string) =>
  `${format(median)} (${format(lowest)}–${format(highest)})`;

export const whole = (value: number) => value.toFixed(0);
export const two = (value: number) => value.toFixed(2);
export const three = (value: number) => value.toFixed(3);
export const thousands = (value: number) => Math.round(value).toLocaleString('en');

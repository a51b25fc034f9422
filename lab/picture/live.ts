/** The picture of a run in a terminal, drawn anew as it changes. */
import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import type { LogEvent } from '../../local/events/event.ts';
import { EMPTY, type Frame, reduce } from '../../local/events/frame.ts';
import { drawLanes } from './lanes.ts';

export interface Live {
  hear(event: LogEvent): void;
  /** Something that takes time, and that no event tells. */
  progress(text: string): void;
  /** Draws the last frame, which stays. */
  end(): void;
}

/** As quick as eyes are, and no quicker. */
const DRAW_EVERY_MS = 80;

/** Begins to draw on a terminal. */
export function drawLive(terminal: WriteStream): Live {
  const write = createLogUpdate(terminal);
  let frame: Frame = EMPTY;
  let doing: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    timer = undefined;
    const { columns, rows } = terminal;
    const screen = { columns, rows: rows - 2, colours: terminal.getColorDepth() };
    const shown = frame.step === undefined && doing !== undefined ? { ...frame, step: `${doing} …` } : frame;
    write(drawLanes(shown, screen));
  };
  const soon = () => {
    timer ??= setTimeout(draw, DRAW_EVERY_MS);
  };
  return {
    hear(event) {
      frame = reduce(frame, event);
      soon();
    },
    progress(text) {
      doing = text;
      soon();
    },
    end() {
      clearTimeout(timer);
      draw();
      write.done();
    },
  };
}

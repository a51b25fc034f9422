/** The picture of a run in a terminal, drawn anew as it changes, below the steps that have brought it there. */
import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import { bold, printable } from '../../local/cli/terminal.ts';
import { EMPTY, type Frame, reduce } from '../../local/events/frame.ts';
import { drawLanes } from './lanes.ts';
import type { Picture } from './lines.ts';

/** As quick as eyes are, and no quicker. */
const DRAW_EVERY_MS = 80;

/** Begins to draw on a terminal. */
export function drawLive(terminal: WriteStream): Picture {
  const write = createLogUpdate(terminal);
  let frame: Frame = EMPTY;
  let doing: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    timer = undefined;
    const { columns, rows } = terminal;
    const screen = { columns, rows: rows - 3, colours: terminal.getColorDepth() };
    write(doing === undefined ? `\n${drawLanes(frame, screen)}` : `${doing} …`);
  };
  const soon = () => {
    timer ??= setTimeout(draw, DRAW_EVERY_MS);
  };
  return {
    hear(event) {
      doing = undefined;
      if (event.type === 'step') write.persist(bold(`▸ ${printable(event.text)}`));
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

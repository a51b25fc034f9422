import escapeHtml from 'escape-html';
import { visible } from '../orders/text.ts';

/** A customer's text as HTML shows it. */
export const shown = (text: string): string => escapeHtml(visible(text));

/** The frame of every mail: `title` is plain text, `body` HTML. Styles stand inline, as mail clients drop all others. */
export function htmlMail(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
</head>
<body style="margin:0;padding:24px;background:#f4f4f2;color:#222;font:16px/1.5 Helvetica,Arial,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:24px;background:#fff;border-radius:8px">
<h1 style="margin:0 0 16px;font-size:22px">${escapeHtml(title)}</h1>
${body}
<p style="margin:24px 0 0;color:#666;font-size:14px">Questions? Reply to this mail and tell us your order number.</p>
</div>
</body>
</html>
`;
}

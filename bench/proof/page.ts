/** A result as a page: one file with the plotting library in it, which needs no network. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Result } from './result.js';

const require = createRequire(import.meta.url);
/** Neither package exports its bundle by name: they lie beside the entries. */
const plotBundle = join(dirname(require.resolve('@observablehq/plot')), '..', 'dist', 'plot.umd.min.js');
const d3Bundle = join(dirname(require.resolve('d3')), '..', 'dist', 'd3.min.js');
/** Not compiled: they run in browsers. */
const assets = fileURLToPath(new URL('../../page/', import.meta.url));

export function page(found: Result): string {
  const script = (text: string): string => `<script>${text.replaceAll('</script', '<\\/script')}</script>`;
  // In a script element, "<" could end it.
  const data = JSON.stringify(found).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Ringwell: the figures</title>
<style>${readFileSync(join(assets, 'page.css'), 'utf8')}</style>
</head>
<body>
<main></main>
<script type="application/json" id="result">${data}</script>
${script(readFileSync(d3Bundle, 'utf8'))}
${script(readFileSync(plotBundle, 'utf8'))}
${script(readFileSync(join(assets, 'page.js'), 'utf8'))}
</body>
</html>
`;
}

/** A bar of a chart. `own` is the project, `other` something like it, `engine` something that does only a part. */
export interface Bar {
  label: string;
  kind: "own" | "other" | "engine";
  /** Undefined: it could not be measured. */
  value: number | undefined;
}

export interface BarGroup {
  title: string;
  bars: readonly Bar[];
}

export interface Chart {
  title: string;
  /** What one unit of the values is, in one line. */
  subtitle: string;
  groups: readonly BarGroup[];
  /** Small print below. */
  footer: string;
}

// All in pixels of the picture.
const WIDTH = 760;
const MARGIN = 24;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 80;
const HEAD_HEIGHT = 78;
const GROUP_HEIGHT = 30;
const BAR_HEIGHT = 18;
const BAR_STEP = 26;
const GROUP_GAP = 14;
const FOOT_HEIGHT = 40;
const LEAST_BAR = 2; // so that it is seen that there is one

/** The card has its own background, so that it can be read wherever it is shown, in light and in dark. */
const STYLE = `
  svg { color-scheme: light dark; }
  text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: #1f2328; }
  .card { fill: #ffffff; stroke: #d1d9e0; }
  .title { font-size: 18px; font-weight: 600; }
  .group { font-weight: 600; }
  .quiet { font-size: 12px; fill: #59636e; }
  .own { fill: #0969da; }
  .other { fill: #8c959f; }
  .engine { fill: #ffffff; stroke: #8c959f; }
  .strong { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .card { fill: #0d1117; stroke: #3d444d; }
    .quiet { fill: #9198a1; }
    .own { fill: #4493f8; }
    .other { fill: #656c76; }
    .engine { fill: #0d1117; stroke: #9198a1; }
  }
`;

/** A chart of horizontal bars on one scale, as the text of an SVG file. It needs nothing besides itself. */
export function barChart({ title, subtitle, groups, footer }: Chart): string {
  const most = Math.max(0, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value ?? 0)));
  const room = WIDTH - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH;
  const parts: string[] = [];
  let y = HEAD_HEIGHT;
  for (const group of groups) {
    parts.push(textAt(MARGIN, y + 16, "group", group.title));
    y += GROUP_HEIGHT;
    for (const bar of group.bars) {
      parts.push(...barAt(y, bar, most === 0 ? 0 : ((bar.value ?? 0) / most) * room));
      y += BAR_STEP;
    }
    y += GROUP_GAP;
  }
  const height = y - GROUP_GAP + FOOT_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(described(groups))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    textAt(MARGIN, 36, "title", title),
    textAt(MARGIN, 58, "quiet", subtitle),
    ...parts,
    textAt(MARGIN, height - 16, "quiet", footer),
    "</svg>",
    "",
  ].join("\n");
}

function barAt(y: number, { label, kind, value }: Bar, length: number): string[] {
  const x = MARGIN + LABEL_WIDTH;
  const base = y + 14;
  const named = textAt(MARGIN, base, kind === "own" ? "strong" : "", label);
  if (value === undefined) return [named, textAt(x, base, "quiet", "not measured")];
  const width = Math.max(LEAST_BAR, Math.round(length * 10) / 10);
  return [
    named,
    `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
    textAt(x + width + 8, base, kind === "own" ? "strong" : "", rateText(value)),
  ];
}

/** A rate as people say it: small ones with a decimal. */
export function rateText(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 20 ? 1 : 0 });
}

/** For those who do not see the picture. */
function described(groups: readonly BarGroup[]): string {
  return groups
    .map(({ title, bars }) => {
      const texts = bars.map(
        ({ label, value }) => `${label} ${value === undefined ? "not measured" : rateText(value)}`,
      );
      return `${title}: ${texts.join(", ")}.`;
    })
    .join(" ");
}

function textAt(x: number, y: number, className: string, text: string): string {
  const attribute = className === "" ? "" : ` class="${className}"`;
  return `<text${attribute} x="${x}" y="${y}">${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

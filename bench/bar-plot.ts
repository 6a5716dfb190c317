/** A plot of bars in groups, such as one group for each kind of answer and one bar for each server. */
export type BarPlot = {
  readonly title: string;
  /** What the bars' length is, such as `ns/query`. */
  readonly unit: string;
  readonly groups: readonly {
    /** Empty: the plot has but one group. */
    readonly name: string;
    readonly bars: readonly Bar[];
  }[];
};

export type Bar = {
  /** Bars of one name have one colour. */
  readonly name: string;
  readonly value: number;
  /** The least and the most that was measured; drawn as a line over the bar's end. */
  readonly range?: readonly [number, number];
};

const width = 760;
const labelWidth = 170;
const valueWidth = 70;
const barHeight = 16;
const groupGap = 26;
const titleHeight = 44;
const tickCount = 5;
/** Readable on light and dark backgrounds; the first is Signpost's. */
const colours = ["#d9480f", "#868e96", "#1971c2", "#2f9e44", "#9c36b5", "#e8a400", "#0c8599"];
const ink = "#868e96";

/** Draws a plot as an SVG document. */
export function drawBars(plot: BarPlot): string {
  const all = plot.groups.flatMap((group) => group.bars);
  const most = Math.max(...all.map(({ value, range }) => Math.max(value, range?.[1] ?? 0)));
  const step = niceStep(most / tickCount);
  const scale = (width - labelWidth - valueWidth) / (Math.ceil(most / step) * step);
  const names = [...new Set(all.map(({ name }) => name))];
  const rows = plot.groups.map(({ name, bars }) => ({ name, bars }));
  const parts: string[] = [];
  let y = titleHeight;
  for (const { name, bars } of rows) {
    if (name !== "") parts.push(text(4, (y += groupGap) - 6, name, 'font-weight="bold"'));
    for (const bar of bars) {
      const colour = colours[names.indexOf(bar.name) % colours.length] as string;
      parts.push(...drawBar(bar, { y, scale, colour }));
      y += barHeight;
    }
  }
  const height = y + 30;
  const ticks = Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) =>
    drawTick(i * step, { scale, bottom: y + 4 }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`,
    ` viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="${ink}">\n`,
    text(4, 16, plot.title, 'font-size="14"'),
    text(labelWidth, 34, plot.unit),
    ...ticks,
    ...parts,
    "</svg>\n",
  ].join("");
}

function drawBar(bar: Bar, at: { y: number; scale: number; colour: string }): string[] {
  const { y, scale, colour } = at;
  const middle = y + barHeight / 2;
  const x = (value: number): string => (labelWidth + value * scale).toFixed(1);
  const size = `width="${(bar.value * scale).toFixed(1)}" height="${barHeight - 4}"`;
  const end = Math.max(bar.value, bar.range?.[1] ?? 0);
  const [least, most] = bar.range ?? [bar.value, bar.value];
  const line = `M${x(least)} ${middle}H${x(most)}`;
  return [
    text(labelWidth - 6, middle + 4, bar.name, 'text-anchor="end"'),
    `<rect x="${labelWidth}" y="${y + 2}" ${size} fill="${colour}"/>\n`,
    `<path d="${line}" stroke="${ink}" stroke-width="2"/>\n`,
    text(labelWidth + end * scale + 6, middle + 4, shorten(bar.value)),
  ];
}

function drawTick(value: number, at: { scale: number; bottom: number }): string {
  const x = (labelWidth + value * at.scale).toFixed(1);
  const line = `<path d="M${x} ${titleHeight - 4}V${at.bottom}" stroke="${ink}" opacity="0.3"/>\n`;
  return line + text(Number(x), at.bottom + 16, shorten(value), 'text-anchor="middle"');
}

/** 1, 2 or 5 times a power of ten, at least as large as asked. */
export function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return power * ([1, 2, 5].find((factor) => power * factor >= atLeast) ?? 10);
}

function shorten(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
}

function text(x: number, y: number, content: string, attributes = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped}</text>\n`;
}

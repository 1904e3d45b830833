import type { Sample } from "./bench.ts";
import { median } from "./report.ts";

const barHeight = 16;
const groupGap = 14;
const labelWidth = 190;
const plotWidth = 620;
const marginTop = 56;

const colors: Readonly<Record<string, string>> = { hot: "#c2410c", spread: "#2563eb", "-": "#9ca3af" };

/** Orders per second as bars: one hot item, many items, and the no-ops beside them. Medians over the rounds. */
export function drawRates(samples: readonly Sample[]): string {
  const shown = samples.filter(({ load }) => load !== "half load");
  const groups = [...Map.groupBy(shown, ({ name }) => name)].map(([name, own]) => {
    const bars = [...Map.groupBy(own, ({ load }) => load)].map(([load, same]) => ({ load, rate: median(same.map(({ perSecond }) => perSecond)) }));
    return { name, bars };
  });
  const highest = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ rate }) => rate)));
  let y = marginTop;
  const parts: string[] = [];
  for (const { name, bars } of groups) {
    parts.push(`<text x="${labelWidth - 8}" y="${y + (bars.length * barHeight) / 2 + 4}" text-anchor="end">${escape(name)}</text>`);
    for (const { load, rate } of bars) {
      const width = Math.max(1, (rate / highest) * plotWidth);
      parts.push(`<rect x="${labelWidth}" y="${y}" width="${width.toFixed(1)}" height="${barHeight - 3}" fill="${colors[load] ?? "#6b7280"}"/>`);
      parts.push(`<text x="${(labelWidth + width + 6).toFixed(1)}" y="${y + 10}" class="value">${Math.round(rate).toLocaleString("en")}</text>`);
      y += barHeight;
    }
    y += groupGap;
  }
  const legend = `<tspan fill="${colors["hot"]}">■</tspan> one hot item  <tspan fill="${colors["spread"]}">■</tspan> many items  <tspan fill="${colors["-"]}">■</tspan> no work`;
  const style = "text{font:12px sans-serif;fill:#111827}.title{font-size:15px;font-weight:600}.value{font-size:11px;fill:#374151}";
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth + plotWidth + 80}" height="${y + 8}" role="img"><style>${style}</style><rect width="100%" height="100%" fill="#fff"/><text x="12" y="22" class="title">Durable orders per second</text><text x="12" y="42">${legend}</text>${parts.join("")}</svg>\n`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

import { across, type Drawing, down, each, ellipse, group, line, path, rect, slant } from "./scene.ts";

interface Shell {
  dark: string;
  body: string;
  light: string;
  grille: string;
}

export function fieldSpeaker({ dark, body, light, grille }: Shell): Drawing {
  const holes = each(17 * 11, (n) => {
    const [column, row] = [n % 17, Math.floor(n / 17)];
    return ellipse(330 + column * 33.5 + (row % 2) * 16, 520 + row * 32, 8.5, 8.5, dark, { opacity: 0.85 });
  });
  return {
    shadows: [[600, 955, 420, 32]],
    defs: `${slant("shell", light, body, dark)}${down("front", grille, body)}<clipPath id="mesh"><rect x="290" y="480" width="620" height="390" rx="60"/></clipPath>`,
    body: [
      line("M270,440 C270,190 930,190 930,440", "#6b4526", 40),
      line("M274,436 C276,204 924,204 926,436", "#a9754a", 14),
      rect(200, 400, 800, 555, 110, "url(#shell)"),
      rect(212, 410, 776, 530, 104, "none", { stroke: light, width: 5, opacity: 0.6 }),
      rect(280, 470, 640, 410, 66, dark),
      rect(290, 480, 620, 390, 60, "url(#front)"),
      `<g clip-path="url(#mesh)">${holes}</g>`,
      ellipse(600, 676, 120, 120, body, { stroke: dark, width: 6, opacity: 0.5 }),
      each(3, (n) => rect(470 + n * 100, 424, 62, 26, 13, dark)),
      path("M493,431 l0,12 M487,437 l12,0", "none", { stroke: light, width: 4 }),
      path("M694,437 l14,0", "none", { stroke: light, width: 4 }),
      ellipse(870, 905, 9, 9, "#7fe08a"),
      rect(250, 430, 44, 60, 12, "#c3a46f"),
      rect(906, 430, 44, 60, 12, "#c3a46f"),
      line("M250,560 Q236,690 252,820", light, 14, { opacity: 0.5 }),
    ].join(""),
  };
}

export function headphones(): Drawing {
  const cup = (x: number, turn: number) =>
    group(
      `rotate(${turn} ${x} 760)`,
      rect(x - 34, 470, 68, 150, 26, "url(#steel)"),
      ellipse(x, 770, 128, 188, "#23262a"),
      ellipse(x + (turn < 0 ? 26 : -26), 770, 118, 178, "url(#cup)"),
      ellipse(x + (turn < 0 ? 34 : -34), 770, 78, 128, "#31363c"),
      ellipse(x + (turn < 0 ? 34 : -34), 770, 78, 128, "none", { stroke: "#7c858e", width: 5 }),
      ellipse(x + (turn < 0 ? 34 : -34), 770, 16, 16, "#d3a25c"),
    );
  return {
    shadows: [
      [330, 990, 150, 24],
      [870, 990, 150, 24],
    ],
    defs: `${slant("cup", "#6a737c", "#434a52", "#262b30")}${across("steel", "#80878d", "#eef1f3", "#8a9197")}${down("band", "#3b4046", "#1c1f22")}`,
    body: [
      line("M306,560 C250,120 950,120 894,560", "#1c1f22", 74),
      line("M306,556 C256,136 944,136 894,556", "#454b52", 44),
      line("M330,420 C370,190 830,190 870,420", "#7b838b", 8, { opacity: 0.8 }),
      line("M392,318 C480,236 720,236 808,318", "#15171a", 40, { opacity: 0.55 }),
      path("M340,650 q70,-70 100,0 l0,240 q-40,70 -100,0 z", "#15171a"),
      path("M860,650 q-70,-70 -100,0 l0,240 q40,70 100,0 z", "#15171a"),
      cup(310, 7),
      cup(890, -7),
      line("M258,950 C240,1090 470,1060 560,1100", "#2a2d31", 11),
    ].join(""),
  };
}

/** Which of the seven segments are on: top, the upper ones, the middle, the lower ones, the bottom. */
const SEGMENTS: Readonly<Record<string, readonly boolean[]>> = {
  8: [true, true, true, true, true, true, true],
  6: [true, true, false, true, true, true, true],
};

function digit(x: number, y: number, figure: string): string {
  const shapes = [
    [8, 0, 44, 10],
    [0, 8, 10, 42],
    [50, 8, 10, 42],
    [8, 48, 44, 10],
    [0, 56, 10, 42],
    [50, 56, 10, 42],
    [8, 96, 44, 10],
  ] as const;
  const on = SEGMENTS[figure] ?? [];
  return each(7, (n) => {
    const [dx, dy, w, h] = shapes[n] as (typeof shapes)[number];
    return rect(x + dx, y + dy, w, h, 5, on[n] ? "#8df0b2" : "#1c2b24");
  });
}

export function powerBank(): Drawing {
  return {
    shadows: [[600, 1010, 270, 34]],
    defs: `${slant("case", "#5d6670", "#3c444c", "#22272c")}${across("edge", "#171b1f", "#4c545c", "#1a1e22")}${slant("shine", "#ffffff", "#ffffff00", "#ffffff00")}`,
    body: group(
      "rotate(8 600 620)",
      rect(372, 210, 470, 820, 76, "url(#edge)"),
      rect(350, 200, 470, 820, 76, "url(#case)"),
      rect(358, 208, 454, 804, 70, "none", { stroke: "#8d969f", width: 4, opacity: 0.7 }),
      path("M360,290 Q360,210 440,208 L700,208 L420,1010 Q360,1000 360,940 Z", "url(#shine)", { opacity: 0.14 }),
      rect(440, 330, 290, 190, 26, "#0d1412", { stroke: "#6f7881", width: 4 }),
      digit(490, 372, "8"),
      digit(580, 372, "6"),
      rect(668, 408, 30, 60, 6, "none", { stroke: "#8df0b2", width: 6 }),
      rect(676, 430, 14, 32, 2, "#8df0b2"),
      rect(676, 398, 14, 8, 2, "#8df0b2"),
      path("M600,620 L548,730 L588,730 L566,820 L640,700 L598,700 L622,620 Z", "#d3a25c"),
      rect(470, 188, 90, 26, 8, "#0e1113"),
      rect(478, 195, 74, 10, 3, "#3f6fb5"),
      rect(610, 188, 90, 26, 13, "#0e1113"),
      rect(630, 198, 50, 6, 3, "#7b848c"),
      each(4, (n) => ellipse(500 + n * 60, 930, 9, 9, n < 3 ? "#8df0b2" : "#4a525a")),
    ),
  };
}

export function solarPanel(): Drawing {
  const panel = (x: number, y: number, skew: number, id: string) =>
    group(
      `translate(${x} ${y}) skewY(${skew})`,
      rect(0, 0, 300, 560, 16, "#3c4034"),
      rect(8, 8, 284, 544, 12, "none", { stroke: "#7b8169", width: 4, more: 'stroke-dasharray="10 8"' }),
      rect(24, 26, 252, 470, 6, `url(#${id})`),
      each(3, (n) => line(`M${24 + 63 * (n + 1)},28 l0,466`, "#9fb6d0", 4, { opacity: 0.8 })),
      each(5, (n) => line(`M26,${26 + 78.3 * (n + 1)} l248,0`, "#9fb6d0", 4, { opacity: 0.8 })),
      each(24, (n) =>
        path(`M${24 + (n % 4) * 63 + 26},${26 + Math.floor(n / 4) * 78.3 + 33} l6,-7 l6,7 l-6,7 z`, "#dfe9f4", {
          opacity: 0.7,
        }),
      ),
      path("M24,26 L150,26 L60,496 L24,496 Z", "#ffffff", { opacity: 0.09 }),
      ellipse(30, 528, 11, 11, "#c9ced2", { stroke: "#23261e", width: 4 }),
      ellipse(270, 528, 11, 11, "#c9ced2", { stroke: "#23261e", width: 4 }),
    );
  return {
    shadows: [[600, 945, 470, 30]],
    defs: `${slant("left", "#24508a", "#173863", "#0d2342")}${slant("middle", "#2d62a6", "#1d4679", "#12305a")}${slant("right", "#1f4679", "#143259", "#0b1e3a")}`,
    body: [
      panel(150, 330, 9, "left"),
      panel(450, 378, -7, "middle"),
      panel(750, 341, 9, "right"),
      line("M450,392 L450,930 M750,352 L750,892", "#23261e", 10),
      line("M560,940 C560,1010 640,1000 700,1040", "#1d1f1a", 12),
      rect(690, 1024, 84, 34, 8, "#2b2e28"),
      rect(770, 1032, 26, 18, 3, "#c9ced2"),
    ].join(""),
  };
}

import { across, chance, type Drawing, down, each, ellipse, group, line, path, rect, slant } from "./scene.ts";

interface Metal {
  dark: string;
  body: string;
  light: string;
}

export function deskLamp({ dark, body, light }: Metal): Drawing {
  return {
    shadows: [[470, 1035, 260, 26]],
    defs: `${across("metal", dark, body, light, body, dark)}${slant("shade", light, body, dark)}<radialGradient id="beam" cx="0.5" cy="0" r="1"><stop offset="0" stop-color="#ffe39a" stop-opacity="0.75"/><stop offset="1" stop-color="#ffe7a8" stop-opacity="0"/></radialGradient>`,
    body: [
      path("M596,436 L890,553 L960,1030 Q740,1060 520,1030 Z", "url(#beam)", { more: 'filter="url(#blur)"' }),
      line("M470,1000 C420,700 430,330 700,260", dark, 40),
      line("M466,1000 C416,700 426,330 698,258", body, 28),
      line("M460,990 C412,700 420,340 690,256", light, 8, { opacity: 0.8 }),
      ellipse(470, 1012, 226, 34, dark),
      path("M244,990 L696,990 L696,1012 Q696,1040 470,1040 Q244,1040 244,1012 Z", "url(#metal)"),
      ellipse(470, 990, 226, 32, body),
      ellipse(470, 986, 200, 24, light, { opacity: 0.35 }),
      ellipse(330, 990, 30, 10, dark),
      ellipse(330, 984, 30, 10, light),
      ellipse(712, 266, 40, 40, dark),
      ellipse(712, 266, 24, 24, light),
      group(
        "rotate(22 780 400)",
        path("M700,270 L860,270 Q890,300 950,500 L610,500 Q670,300 700,270 Z", "url(#shade)"),
        ellipse(780, 500, 170, 30, dark),
        ellipse(780, 502, 150, 22, "#fff3cf"),
        rect(740, 236, 80, 44, 16, dark),
        line("M700,320 Q660,400 640,480", light, 12, { opacity: 0.6 }),
      ),
    ].join(""),
  };
}

interface Wool {
  dark: string;
  body: string;
  light: string;
}

export function woolBlanket({ dark, body, light }: Wool): Drawing {
  const fold = (y: number, x: number, w: number) =>
    [
      path(
        `M${x},${y + 8} Q${x - 34},${y + 66} ${x},${y + 124} L${x + w},${y + 124} Q${x + w + 22},${y + 66} ${x + w},${y + 8} Z`,
        "url(#wool)",
        { stroke: dark, width: 4 },
      ),
      line(`M${x - 10},${y + 66} Q${x + w / 2},${y + 76} ${x + w + 8},${y + 64}`, dark, 6, { opacity: 0.65 }),
    ].join("");
  const weave = each(260, (n) => {
    const [x, y] = [225 + chance(n) * 740, 400 + chance(n + 300) * 520];
    return line(`M${x},${y} l${8 + chance(n) * 12},3`, n % 2 === 0 ? light : dark, 3, { opacity: 0.28 });
  });
  return {
    shadows: [[600, 950, 440, 34]],
    defs: down("wool", light, body, dark) + down("top", light, body),
    body: [
      fold(820, 205, 790),
      fold(700, 215, 770),
      fold(580, 210, 780),
      path("M200,470 Q170,520 205,590 L990,590 Q1016,520 985,450 Q600,420 200,470 Z", "url(#wool)", {
        stroke: dark,
        width: 4,
      }),
      path("M200,474 Q250,360 330,330 Q620,290 900,330 Q965,360 988,454 Q600,424 200,474 Z", "url(#top)", {
        stroke: dark,
        width: 3,
      }),
      path(
        "M640,312 L740,314 Q790,380 800,436 L800,590 Q805,700 800,944 L690,944 Q700,700 694,590 L690,432 Q682,372 640,312 Z",
        "#efe8da",
        { opacity: 0.9 },
      ),
      path(
        "M600,311 L622,311 Q664,372 672,432 L676,590 Q682,700 672,944 L650,944 Q660,700 654,590 L650,432 Q640,372 600,311 Z",
        "#efe8da",
        { opacity: 0.9 },
      ),
      weave,
      line("M205,590 L990,590 M205,704 L1000,704 M205,824 L1000,824", dark, 9, { opacity: 0.5 }),
      each(40, (n) =>
        line(`M${1000 - (n % 3) * 2},${606 + n * 8.4} l${24 + chance(n) * 16},${4 + chance(n + 9) * 6}`, light, 5),
      ),
      rect(250, 860, 110, 64, 6, "#f6f2e8", { stroke: "#bdb39f", width: 3 }),
      line("M270,882 l70,0 M270,902 l46,0", "#8a806c", 5),
    ].join(""),
  };
}

export function linenTowels(): Drawing {
  const CLOTHS = [
    ["#c9bda6", "#e7dec9", "#8f8268", "#ffffff"],
    ["#7f97a3", "#a9bdc7", "#566d79", "#f3f0e8"],
    ["#c58f6f", "#dfb195", "#8e5b3e", "#fbf3ea"],
  ] as const;
  const towel = (n: number) => {
    const [body, light, dark, stripe] = CLOTHS[n] as (typeof CLOTHS)[number];
    const x = 190 + n * 285;
    const low = 960 - (n === 1 ? 30 : 0);
    return [
      `<linearGradient id="linen${n}" x1="0" y1="0" x2="1" y2="0"><stop offset="0" stop-color="${dark}"/><stop offset="0.18" stop-color="${light}"/><stop offset="0.4" stop-color="${body}"/><stop offset="0.62" stop-color="${light}"/><stop offset="0.85" stop-color="${body}"/><stop offset="1" stop-color="${dark}"/></linearGradient>`,
      path(
        `M${x},300 L${x + 240},300 Q${x + 262},640 ${x + 250},${low} Q${x + 190},${low - 20} ${x + 124},${low + 4} Q${x + 60},${low + 22} ${x - 8},${low} Q${x - 14},640 ${x},300 Z`,
        `url(#linen${n})`,
      ),
      each(3, (m) =>
        path(
          `M${x - 6},${low - 150 + m * 34} Q${x + 124},${low - 138 + m * 34} ${x + 251},${low - 152 + m * 34} l0,14 Q${x + 124},${low - 124 + m * 34} ${x - 6},${low - 136 + m * 34} Z`,
          stripe,
          { opacity: 0.85 },
        ),
      ),
      each(24, (m) => line(`M${x + 2 + m * 10.2},${low + 2 - (m % 4)} l0,16`, light, 4)),
      line(
        `M${x + 84},320 Q${x + 74},640 ${x + 90},${low - 10} M${x + 176},320 Q${x + 188},640 ${x + 172},${low - 14}`,
        dark,
        5,
        { opacity: 0.35 },
      ),
      line(`M${x + 120},300 q0,-34 0,-40`, dark, 9),
    ].join("");
  };
  return {
    shadows: [[600, 1010, 420, 20]],
    defs: across("wood", "#8d5e35", "#c2915f", "#8d5e35") + down("rod", "#d3a670", "#9a6a3c", "#6f4622"),
    body: [
      each(3, (n) => towel(n)),
      rect(110, 246, 980, 46, 23, "url(#rod)"),
      ellipse(110, 269, 30, 30, "#8a5b33"),
      ellipse(1090, 269, 30, 30, "#8a5b33"),
      each(3, (n) =>
        rect(276 + n * 285, 236, 68, 66, 10, ["#e7dec9", "#a9bdc7", "#dfb195"][n] ?? "#fff", { opacity: 0.96 }),
      ),
    ].join(""),
  };
}

import { across, chance, type Drawing, down, each, ellipse, group, line, path, rect, slant } from "./scene.ts";

const CORD = "#8d8371";

type Point = readonly [x: number, y: number];
const PEGS_OF_TENT: readonly Point[] = [
  [112, 922],
  [182, 872],
  [632, 906],
  [1102, 846],
];
const LOOPS: readonly Point[] = [
  [90, 716],
  [345, 703],
  [600, 728],
  [855, 703],
  [1110, 716],
];
const PEGS_OF_TARP: readonly Point[] = [
  [24, 896],
  [304, 906],
  [594, 916],
  [884, 906],
  [1164, 896],
];

export function ridgeTent(): Drawing {
  return {
    shadows: [[610, 905, 460, 34]],
    defs: `${slant("side", "#ef9350", "#d9692c", "#b4501d")}${down("front", "#d5652a", "#9c4417")}${down("inside", "#4a3528", "#1f1610")}${slant("flap", "#f4b27c", "#dd8247")}`,
    body: [
      line("M440,300 L120,930", CORD, 4),
      line("M880,350 L1120,880", CORD, 4),
      path("M440,290 Q640,340 880,350 Q980,600 1060,850 L640,915 Q560,600 440,290 Z", "url(#side)"),
      path("M440,290 Q560,600 640,915 L190,880 Q340,600 440,290 Z", "url(#front)"),
      path("M440,330 Q510,620 560,908 L270,886 Q380,620 440,330 Z", "url(#inside)"),
      path("M440,330 Q380,620 270,886 L330,890 Q400,760 425,610 Q445,470 440,330 Z", "url(#flap)"),
      line("M440,290 Q640,340 880,350", "#f7c9a1", 7),
      line("M640,915 Q560,600 440,290", "#8a3a12", 6),
      line("M745,335 Q810,640 850,882", "#a3481a", 5, { opacity: 0.7 }),
      line("M600,322 Q690,640 745,898", "#a3481a", 5, { opacity: 0.7 }),
      line("M440,290 L440,250", "#5d564b", 10),
      line("M880,350 L880,315", "#5d564b", 10),
      path("M770,560 L870,560 L895,690 L795,695 Z", "#f3b482", { opacity: 0.9 }),
      path("M785,575 L858,575 L878,677 L806,681 Z", "#5b3a26", { opacity: 0.55 }),
      PEGS_OF_TENT.map(([x, y]) => rect(x, y, 12, 34, 4, "#6d675d")).join(""),
    ].join(""),
  };
}

export function flyTarp(): Drawing {
  return {
    shadows: [[600, 930, 420, 26]],
    defs: `${down("roof", "#3b8d86", "#236a66")}${down("under", "#1b4a48", "#2a6f6b")}${across("pole", "#7d838a", "#dfe3e6", "#6c7278")}`,
    body: [
      line("M60,470 L230,380 L970,380 L1140,470", CORD, 5),
      rect(221, 330, 18, 600, 8, "url(#pole)"),
      rect(961, 330, 18, 600, 8, "url(#pole)"),
      path("M230,385 Q600,430 970,385 Q1000,480 960,560 Q600,500 240,560 Q200,480 230,385 Z", "url(#under)"),
      path(
        "M230,385 Q600,430 970,385 Q1040,560 1110,720 Q860,690 600,735 Q340,690 90,720 Q160,560 230,385 Z",
        "url(#roof)",
      ),
      line("M600,408 Q600,580 600,733", "#1f5d5a", 5),
      line("M410,405 Q360,580 345,705", "#1f5d5a", 4, { opacity: 0.6 }),
      line("M790,405 Q840,580 855,705", "#1f5d5a", 4, { opacity: 0.6 }),
      path("M230,385 Q600,430 970,385 Q978,400 982,415 Q600,462 218,415 Z", "#9ad3cb", { opacity: 0.55 }),
      line("M90,720 L30,905 M1110,720 L1170,905 M600,735 L600,925 M345,705 L310,915 M855,705 L890,915", CORD, 4),
      LOOPS.map(([x, y]) => ellipse(x, y, 11, 11, "#f2efe8", { stroke: "#1d4f4c", width: 5 })).join(""),
      PEGS_OF_TARP.map(([x, y]) => rect(x, y, 12, 36, 4, "#6d675d")).join(""),
    ].join(""),
  };
}

export function sleepingBag(): Drawing {
  const outline =
    "M600,110 C735,110 800,205 812,330 C822,440 790,700 752,900 C738,985 690,1050 600,1050 C510,1050 462,985 448,900 C410,700 378,440 388,330 C400,205 465,110 600,110 Z";
  const seams = each(8, (n) => {
    const y = 430 + n * 75;
    const half = 205 - n * 8.5;
    return line(`M${600 - half},${y} Q600,${y + 42} ${600 + half},${y}`, "#16365c", 6, { opacity: 0.75 });
  });
  const shine = each(8, (n) => {
    const y = 447 + n * 75;
    const half = 190 - n * 8.5;
    return line(`M${600 - half},${y} Q600,${y + 42} ${600 + half},${y}`, "#7fa9d6", 5, { opacity: 0.4 });
  });
  return {
    shadows: [],
    defs: `${across("bag", "#1c4474", "#3a73b0", "#2f639c", "#173a64")}${down("lining", "#e89a4e", "#b9651f")}<clipPath id="shape"><path d="${outline}"/></clipPath>`,
    body: group(
      "rotate(24 600 600) translate(30 20) scale(0.95)",
      path(outline, "#2e2820", { opacity: 0.22, more: 'filter="url(#wide)" transform="translate(34 26)"' }),
      path(outline, "#2e2820", { opacity: 0.35, more: 'filter="url(#blur)" transform="translate(14 14)"' }),
      path(outline, "url(#bag)"),
      `<g clip-path="url(#shape)">${seams}${shine}</g>`,
      path(
        "M600,150 C690,150 738,215 738,290 C738,360 690,405 600,405 C510,405 462,360 462,290 C462,215 510,150 600,150 Z",
        "url(#lining)",
      ),
      path(
        "M600,225 C662,225 692,262 692,310 C692,360 655,388 600,388 C545,388 508,360 508,310 C508,262 538,225 600,225 Z",
        "#6d3a12",
        { opacity: 0.75 },
      ),
      line("M738,330 C756,520 730,760 690,960", "#f0b36f", 9),
      line("M738,330 C756,520 730,760 690,960", "#8f5219", 3, { more: 'stroke-dasharray="8 8"' }),
      rect(728, 318, 24, 46, 8, "#ececec"),
      line("M500,392 Q600,440 700,392", "#143257", 8),
    ),
  };
}

export function gasStove(): Drawing {
  return {
    shadows: [[600, 985, 250, 32]],
    defs: `${across("tin", "#7d1f17", "#c9402f", "#ef7a5c", "#c23a2a", "#6f1a13")}${across("steel", "#6f767c", "#e7eaec", "#9aa1a7", "#5d6369")}${down("flame", "#6db7ff", "#2a6fe0")}`,
    body: [
      path(
        "M410,690 Q410,620 520,590 L680,590 Q790,620 790,690 L790,940 Q790,985 600,985 Q410,985 410,940 Z",
        "url(#tin)",
      ),
      path("M410,770 Q600,800 790,770 L790,880 Q600,912 410,880 Z", "#f5efe2"),
      path("M600,790 Q645,835 600,880 Q555,835 600,790 Z", "#d8512f"),
      ellipse(600, 592, 82, 18, "#9aa1a7"),
      rect(568, 520, 64, 76, 10, "url(#steel)"),
      rect(632, 540, 120, 16, 8, "url(#steel)"),
      path("M752,520 q44,0 44,28 q0,28 -44,28 z", "#2f3438"),
      rect(578, 440, 44, 90, 8, "url(#steel)"),
      path("M510,440 Q600,472 690,440 L672,405 Q600,428 528,405 Z", "url(#steel)"),
      ellipse(600, 405, 74, 17, "#3a4046"),
      each(7, (n) => {
        const x = 540 + n * 20;
        const tall = 62 + 26 * Math.sin((n / 6) * Math.PI);
        return path(
          `M${x - 9},400 Q${x - 12},${400 - tall * 0.6} ${x},${400 - tall} Q${x + 12},${400 - tall * 0.6} ${x + 9},400 Z`,
          "url(#flame)",
          { opacity: 0.75 },
        );
      }),
      line("M572,470 L400,400 L400,330 L470,330", "#8b9299", 16),
      line("M628,470 L800,400 L800,330 L730,330", "#8b9299", 16),
      line("M600,480 L600,330", "#a9b0b6", 14, { opacity: 0.9 }),
      line("M572,466 L404,396 L404,334", "#eef0f1", 4),
      line("M628,466 L796,396 L796,334", "#eef0f1", 4),
      line("M432,700 Q440,640 530,608", "#ffd9cc", 10, { opacity: 0.6 }),
    ].join(""),
  };
}

export function stormLantern(): Drawing {
  return {
    shadows: [[600, 1035, 220, 28]],
    defs: `${across("olive", "#343d2b", "#66734f", "#8b9a6c", "#5a6745", "#2e3726")}<radialGradient id="glow"><stop offset="0" stop-color="#fff6d8"/><stop offset="0.45" stop-color="#ffd987"/><stop offset="1" stop-color="#e9a94a"/></radialGradient><radialGradient id="halo"><stop offset="0" stop-color="#ffe3a0" stop-opacity="0.75"/><stop offset="1" stop-color="#ffe3a0" stop-opacity="0"/></radialGradient>`,
    body: [
      ellipse(600, 590, 430, 400, "url(#halo)"),
      line("M450,420 C440,130 760,130 750,420", "#4b5055", 16),
      line("M450,420 C440,136 760,136 750,420", "#9aa0a5", 4),
      rect(440, 400, 320, 70, 20, "url(#olive)"),
      path("M490,400 L520,330 L680,330 L710,400 Z", "url(#olive)"),
      rect(540, 300, 120, 38, 14, "#2c3226"),
      path("M462,470 Q440,620 470,800 L730,800 Q760,620 738,470 Z", "url(#glow)", { opacity: 0.96 }),
      rect(575, 560, 50, 190, 25, "#fffdf2"),
      path("M482,480 Q466,620 490,790", "none", { stroke: "#fffdf5", width: 10, opacity: 0.8 }),
      line("M478,470 Q452,630 486,800 M722,470 Q748,630 714,800 M600,470 L600,548", "#3c4432", 10),
      line("M456,600 Q600,628 744,600 M462,700 Q600,728 738,700", "#3c4432", 8),
      path("M440,800 L760,800 L790,985 Q790,1035 600,1035 Q410,1035 410,985 Z", "url(#olive)"),
      ellipse(600, 905, 44, 44, "#22281c"),
      ellipse(600, 905, 30, 30, "#c9d3b4"),
      line("M600,905 L600,880", "#22281c", 6),
      each(4, (n) => rect(680 + n * 20, 958, 12, 8, 3, n < 3 ? "#b7f08b" : "#4a5540")),
      each(3, (n) =>
        line(`M${500 + n * 90},345 L${490 + n * 95},392`, "#20261b", 4, { opacity: 0.5 + chance(n) * 0.2 }),
      ),
    ].join(""),
  };
}

import { across, chance, type Drawing, down, each, ellipse, group, line, path, rect, slant } from "./scene.ts";

export function enamelMug(): Drawing {
  const specks = each(90, (n) => {
    const [x, y] = [385 + chance(n) * 420, 430 + chance(n + 200) * 470];
    return ellipse(x, y, 2 + chance(n + 50) * 4, 2 + chance(n + 90) * 4, "#ffffff", { opacity: 0.75 });
  });
  return {
    shadows: [[600, 945, 260, 32]],
    defs: `${across("enamel", "#10314f", "#2c6491", "#4f8dbd", "#2a5f8c", "#0d2842")}${down("inner", "#d9dcdb", "#f8f7f3")}`,
    body: [
      line("M800,500 C985,470 985,790 790,790", "#0f2f4c", 56),
      line("M800,500 C970,475 970,780 790,782", "#3f7cab", 26),
      line("M802,488 C955,468 970,600 950,680", "#8fbcdc", 7, { opacity: 0.7 }),
      path("M350,360 L376,890 Q380,945 600,945 Q820,945 824,890 L850,360 Z", "url(#enamel)"),
      specks,
      path("M410,440 L428,860", "none", { stroke: "#a9cde6", width: 22, opacity: 0.35 }),
      ellipse(600, 360, 250, 58, "#11304d"),
      ellipse(600, 358, 250, 56, "none", { stroke: "#1a2127", width: 16 }),
      ellipse(600, 364, 234, 46, "url(#inner)"),
      path("M372,380 Q600,300 828,380 Q800,410 600,410 Q400,410 372,380 Z", "#b9bfc1", { opacity: 0.55 }),
      line("M376,890 Q380,945 600,945 Q820,945 824,890", "#0b2035", 10),
    ].join(""),
  };
}

export function potSet(): Drawing {
  const pot = (x: number, y: number, rx: number, tall: number) =>
    [
      path(
        `M${x - rx},${y} L${x - rx + 12},${y + tall - 30} Q${x - rx + 16},${y + tall + 14} ${x},${y + tall + 14} Q${x + rx - 16},${y + tall + 14} ${x + rx - 12},${y + tall - 30} L${x + rx},${y} Z`,
        "url(#anodised)",
      ),
      ellipse(x, y, rx, rx * 0.2, "#d7dadd", { stroke: "#757c83", width: 6 }),
      ellipse(x, y + 4, rx - 14, rx * 0.2 - 8, "url(#hollow)"),
    ].join("");
  const handle = (x: number, y: number, far: number, up: number) =>
    line(`M${x},${y} q40,-14 60,${up} l${far},${up / 2}`, "#2b2e31", 26) +
    line(`M${x + 10},${y - 5} q36,-12 54,${up} l${far},${up / 2}`, "#e06a35", 9);
  return {
    shadows: [
      [470, 850, 300, 34],
      [800, 930, 240, 28],
    ],
    defs: `${across("anodised", "#4a5057", "#8d949b", "#c3c9ce", "#868d94", "#42484e")}${down("hollow", "#5a6067", "#8f969c")}${across("lid", "#5a6067", "#bfc5ca", "#e8ebed", "#9fa6ac", "#596067")}`,
    body: [
      handle(700, 520, 150, -30),
      pot(450, 500, 260, 340),
      path("M196,470 Q450,330 704,470 Q690,520 450,522 Q210,520 196,470 Z", "url(#lid)"),
      ellipse(450, 400, 40, 20, "#2b2e31"),
      rect(432, 400, 36, 26, 8, "#2b2e31"),
      path("M250,452 Q450,360 650,452", "none", { stroke: "#ffffff", width: 8, opacity: 0.6 }),
      handle(955, 720, 90, -40),
      pot(800, 690, 185, 225),
      each(3, (n) => line(`M${690 + n * 6},${790 + n * 45} l46,8`, "#e9ecee", 5, { opacity: 0.7 })),
    ].join(""),
  };
}

export function waterBottle(): Drawing {
  return {
    shadows: [[600, 1050, 165, 26]],
    defs: `${across("steel", "#747b81", "#b7bdc2", "#f4f6f7", "#c2c8cc", "#8b9298", "#5f666c")}${across("cap", "#17191b", "#4d5257", "#24272a")}`,
    body: [
      line("M545,215 C540,110 660,110 655,215", "#1d2023", 26),
      line("M552,205 C552,128 648,128 648,205", "#5a6066", 6),
      rect(520, 195, 160, 105, 18, "url(#cap)"),
      each(9, (n) => line(`M${534 + n * 16.5},212 L${534 + n * 16.5},286`, "#0e1011", 3, { opacity: 0.7 })),
      rect(538, 300, 124, 34, 4, "url(#steel)"),
      path(
        "M538,334 Q530,380 470,420 Q450,440 450,480 L450,1000 Q450,1050 600,1050 Q750,1050 750,1000 L750,480 Q750,440 730,420 Q670,380 662,334 Z",
        "url(#steel)",
      ),
      path("M450,640 L750,640 L750,650 L450,650 Z", "#8d9499", { opacity: 0.35 }),
      path("M560,760 Q600,690 640,760 Q668,820 600,856 Q532,820 560,760 Z", "none", { stroke: "#5b6268", width: 9 }),
      path("M600,800 Q622,770 606,742 Q584,776 600,800 Z", "#5b6268"),
      line("M450,985 Q600,1030 750,985", "#7b8288", 5, { opacity: 0.6 }),
      rect(515, 440, 26, 560, 13, "#ffffff", { opacity: 0.55 }),
    ].join(""),
  };
}

export function castIronPan(): Drawing {
  return {
    shadows: [[520, 690, 390, 330]],
    defs: `<radialGradient id="iron" cx="0.42" cy="0.36"><stop offset="0" stop-color="#4a4b4d"/><stop offset="0.75" stop-color="#2b2c2e"/><stop offset="1" stop-color="#17181a"/></radialGradient>${slant("wall", "#6a6c6f", "#242527", "#0f1011")}`,
    body: group(
      "rotate(-38 500 640)",
      path("M860,600 Q960,600 1130,612 Q1200,620 1200,645 Q1200,670 1130,678 Q960,690 860,690 Z", "#1d1e20"),
      path("M870,614 Q960,616 1120,624", "none", { stroke: "#66686b", width: 9, opacity: 0.8 }),
      ellipse(1150, 645, 26, 15, "#efece6"),
      ellipse(1150, 645, 26, 15, "none", { stroke: "#0d0e0f", width: 6 }),
      path("M430,265 q70,-34 140,0 z M430,1015 q70,34 140,0 z", "#232426"),
      ellipse(500, 640, 400, 388, "url(#wall)"),
      ellipse(500, 640, 366, 354, "#121314"),
      ellipse(500, 640, 340, 328, "url(#iron)"),
      path("M250,520 Q330,350 520,338", "none", { stroke: "#8b8d90", width: 20, opacity: 0.28 }),
      ellipse(500, 640, 398, 386, "none", { stroke: "#77797c", width: 4, opacity: 0.7 }),
      each(140, (n) =>
        ellipse(500 + Math.cos(n) * chance(n) * 320, 640 + Math.sin(n) * chance(n) * 310, 2, 2, "#6d6f72", {
          opacity: 0.35,
        }),
      ),
    ),
  };
}

export function chefKnife(): Drawing {
  return {
    shadows: [],
    defs: `${down("blade", "#8f979d", "#dfe4e7", "#f6f8f9", "#b9c0c5")}${down("walnut", "#7b4d2c", "#5b351b", "#3f230f")}`,
    body: group(
      "rotate(-32 600 600) translate(0 30)",
      path("M40,600 Q330,500 770,500 L770,690 Q420,720 40,600 Z", "#2e2820", {
        opacity: 0.35,
        more: 'filter="url(#blur)" transform="translate(10 34)"',
      }),
      rect(770, 525, 390, 110, 40, "#2e2820", {
        opacity: 0.35,
        more: 'filter="url(#blur)" transform="translate(10 34)"',
      }),
      path("M30,604 Q330,500 780,500 L780,690 Q420,722 30,604 Z", "url(#blade)"),
      path("M30,604 Q420,722 780,690 L780,672 Q420,700 30,604 Z", "#ffffff", { opacity: 0.85 }),
      path("M120,572 Q420,512 780,512", "none", { stroke: "#7c848a", width: 4, opacity: 0.8 }),
      each(34, (n) =>
        line(`M${180 + n * 17},${560 - n * 1.2} l-14,${96 - Math.abs(17 - n) * 1.6}`, "#aab1b6", 2, { opacity: 0.28 }),
      ),
      path("M780,498 L836,498 L842,640 Q830,690 780,692 Z", "#737b81"),
      path("M836,500 Q960,492 1080,505 Q1170,520 1172,585 Q1172,650 1110,650 Q1000,622 842,640 Z", "url(#walnut)"),
      line("M850,540 Q1000,530 1150,560 M850,575 Q1000,565 1160,590 M850,610 Q990,598 1150,622", "#8d5d38", 4, {
        opacity: 0.5,
      }),
      each(3, (n) => ellipse(895 + n * 100, 572 + n * 3, 15, 15, "#c9ced2", { stroke: "#5d4630", width: 4 })),
    ),
  };
}

export function cuttingBoard(): Drawing {
  const WOODS = ["#c79458", "#b9834a", "#d6a76b", "#a87240", "#cb9b62"];
  const blocks = each(96, (n) => {
    const [column, row] = [n % 12, Math.floor(n / 12)];
    const shift = row % 2 === 0 ? 0 : -34;
    const x = 150 + column * 78 + shift;
    const y = 300 + row * 78;
    const colour = WOODS[Math.floor(chance(n * 3) * WOODS.length)] ?? "#c79458";
    const ring = ellipse(x + 20 + chance(n) * 40, y + 20 + chance(n + 7) * 40, 20, 15, "none", {
      stroke: "#8c5d30",
      width: 2,
      opacity: 0.3,
    });
    return rect(x, y, 78, 78, 0, colour, { stroke: "#8f6234", width: 2 }) + ring;
  });
  return {
    shadows: [[600, 880, 450, 60]],
    defs: `${slant("light", "#ffffff", "#fff7e8", "#6b4018")}<clipPath id="board"><rect x="170" y="300" width="860" height="600" rx="46"/></clipPath>`,
    body: [
      rect(170, 330, 860, 600, 46, "#7a4e24"),
      `<g clip-path="url(#board)">${blocks}${rect(170, 300, 860, 600, 46, "url(#light)", { opacity: 0.24 })}</g>`,
      rect(222, 352, 756, 496, 30, "none", { stroke: "#6d431c", width: 22, opacity: 0.62 }),
      rect(222, 358, 756, 496, 30, "none", { stroke: "#e9c391", width: 6, opacity: 0.6 }),
      rect(172, 302, 856, 596, 46, "none", { stroke: "#e3b984", width: 5, opacity: 0.8 }),
      line("M1030,640 q26,0 26,-40 q0,-40 -26,-40", "#5a3817", 16),
    ].join(""),
  };
}

export function pourOver(): Drawing {
  return {
    shadows: [[600, 1040, 250, 30]],
    defs: `${across("glass", "#c4d4da", "#f4fafc", "#ffffff", "#e1ecf0", "#b3c6cd")}${down("coffee", "#6b3b1c", "#331807")}${across("white", "#cfcbc4", "#ffffff", "#f4f1ec", "#bdb8af")}`,
    body: [
      line("M790,650 C960,620 960,900 800,900", "#a9bcc4", 34, { opacity: 0.8 }),
      line("M790,650 C950,625 950,892 800,892", "#f5fafb", 12),
      path(
        "M480,560 Q500,620 420,720 Q350,810 360,930 Q370,1040 600,1040 Q830,1040 840,930 Q850,810 780,720 Q700,620 720,560 Z",
        "url(#glass)",
        { opacity: 0.85, stroke: "#9db1b9", width: 5 },
      ),
      path(
        "M366,850 Q600,890 834,850 Q846,900 838,940 Q826,1030 600,1030 Q374,1030 362,940 Q354,900 366,850 Z",
        "url(#coffee)",
      ),
      ellipse(600, 852, 234, 26, "#8a5429"),
      path("M420,760 Q385,830 388,930", "none", { stroke: "#ffffff", width: 16, opacity: 0.7 }),
      rect(430, 530, 340, 36, 16, "url(#white)", { stroke: "#c1bbb1", width: 3 }),
      path("M350,230 L850,230 L690,520 Q685,532 660,532 L540,532 Q515,532 510,520 Z", "url(#white)"),
      ellipse(600, 230, 250, 46, "#f6f3ee", { stroke: "#c9c4bb", width: 6 }),
      ellipse(600, 236, 226, 36, "#d9c9b2"),
      ellipse(600, 246, 170, 22, "#4a2a15"),
      each(6, (n) => line(`M${440 + n * 64},290 L${530 + n * 28},510`, "#d5d0c8", 5, { opacity: 0.75 })),
      line("M840,270 C930,262 930,380 790,380", "#d9d4cc", 26),
      line("M600,566 L600,850", "#4a2610", 5, { opacity: 0.55 }),
    ].join(""),
  };
}

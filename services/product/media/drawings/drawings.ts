import { flyTarp, gasStove, ridgeTent, sleepingBag, stormLantern } from "./camping.ts";
import { campSlipper, dayPack, trailBoot, trekkingPoles, trekPack } from "./carrying.ts";
import { fieldSpeaker, headphones, powerBank, solarPanel } from "./electronics.ts";
import { castIronPan, chefKnife, cuttingBoard, enamelMug, potSet, pourOver, waterBottle } from "./kitchen.ts";
import { deskLamp, linenTowels, woolBlanket } from "./living.ts";
import { type Drawing, picture } from "./scene.ts";

export { DRAWING_PIXELS } from "./scene.ts";

/** The drawings of the demonstration shop's pictures, by name. */
const DRAWINGS: Readonly<Record<string, () => Drawing>> = {
  "enamel-mug": enamelMug,
  "ridge-tent": ridgeTent,
  "fly-tarp": flyTarp,
  "sleeping-bag": sleepingBag,
  "gas-stove": gasStove,
  "pot-set": potSet,
  "trail-boot": trailBoot,
  "camp-slipper": campSlipper,
  "day-pack-moss": () => dayPack({ dark: "#2f3a24", body: "#566840", light: "#7f9163", accent: "#d98a3d" }),
  "day-pack-slate": () => dayPack({ dark: "#252d36", body: "#45535f", light: "#6f808e", accent: "#e0b04c" }),
  "trek-pack": trekPack,
  "trekking-poles": trekkingPoles,
  "water-bottle": waterBottle,
  "cast-iron-pan": castIronPan,
  "chef-knife": chefKnife,
  "cutting-board": cuttingBoard,
  "pour-over": pourOver,
  "desk-lamp-black": () => deskLamp({ dark: "#141517", body: "#303338", light: "#6c7177" }),
  "desk-lamp-brass": () => deskLamp({ dark: "#7a561c", body: "#b98a3a", light: "#f0d291" }),
  "storm-lantern": stormLantern,
  "wool-blanket-grey": () => woolBlanket({ dark: "#5d6165", body: "#8b9095", light: "#b5b9bc" }),
  "wool-blanket-rust": () => woolBlanket({ dark: "#7c3718", body: "#b25a2c", light: "#d58a5a" }),
  "linen-towels": linenTowels,
  "field-speaker-black": () => fieldSpeaker({ dark: "#121314", body: "#2b2d30", light: "#5d6166", grille: "#3a3d41" }),
  "field-speaker-sand": () => fieldSpeaker({ dark: "#6f6148", body: "#b8a684", light: "#e2d5b9", grille: "#cdbd9c" }),
  headphones,
  "power-bank": powerBank,
  "solar-panel": solarPanel,
};

/** The picture of a demonstration product as SVG. */
export function drawingOf(name: string): string {
  const draw = DRAWINGS[name];
  if (!draw) throw new Error(`There is no drawing ${name}.`);
  return picture(draw());
}

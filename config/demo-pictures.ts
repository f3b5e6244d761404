/** Names of the pictures of each demonstration product, by product id. Each is the name of a drawing of the service media. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  prod_demo_enamel_mug: ["enamel-mug"],
  prod_demo_ridge_tent: ["ridge-tent"],
  prod_demo_fly_tarp: ["fly-tarp"],
  prod_demo_sleeping_bag: ["sleeping-bag"],
  prod_demo_gas_stove: ["gas-stove"],
  prod_demo_pot_set: ["pot-set"],
  prod_demo_trail_boot: ["trail-boot"],
  prod_demo_camp_slipper: ["camp-slipper"],
  prod_demo_day_pack: ["day-pack-moss", "day-pack-slate"],
  prod_demo_trek_pack: ["trek-pack"],
  prod_demo_trekking_poles: ["trekking-poles"],
  prod_demo_water_bottle: ["water-bottle"],
  prod_demo_cast_iron_pan: ["cast-iron-pan"],
  prod_demo_chef_knife: ["chef-knife"],
  prod_demo_cutting_board: ["cutting-board"],
  prod_demo_pour_over: ["pour-over"],
  prod_demo_desk_lamp: ["desk-lamp-black", "desk-lamp-brass"],
  prod_demo_lantern: ["storm-lantern"],
  prod_demo_wool_blanket: ["wool-blanket-grey", "wool-blanket-rust"],
  prod_demo_linen_towels: ["linen-towels"],
  prod_demo_field_speaker: ["field-speaker-black", "field-speaker-sand"],
  prod_demo_headphones: ["headphones"],
  prod_demo_power_bank: ["power-bank"],
  prod_demo_solar_panel: ["solar-panel"],
};

export interface DemoPicture {
  mediaId: string;
  /** The name of a drawing in services/product/media/drawings. */
  drawing: string;
}

/** All pictures of the demonstration shop. */
export const demoPictures: readonly DemoPicture[] = Object.values(NAMES).flat().map(pictureOf);

/** The images of a product of the demonstration shop. */
export function demoImagesOf(productId: string): string[] {
  return (NAMES[productId] ?? []).map((name) => `/api/v1/media/${pictureOf(name).mediaId}`);
}

function pictureOf(drawing: string): DemoPicture {
  return { mediaId: `med_demo_${drawing.replaceAll("-", "_")}`, drawing };
}

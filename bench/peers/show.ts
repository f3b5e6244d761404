/** `npm run bench:show`: README's table and picture again, from the results in bench/results. */
import { keptResults, showMeasured } from "./show-files.ts";

await showMeasured(await keptResults());

/** The pages that are one form. */

import { startChipInputs } from "./chips.js";

startChipInputs();

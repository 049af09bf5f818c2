/** The list of plugins. */

import { startInstalling } from "./installing.js";
import { startSearch } from "./search.js";
import { startSwitches } from "./switches.js";

const look = startSearch();
startSwitches(["results", "chips"], look);
startInstalling();

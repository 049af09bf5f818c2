/** The page of one plugin, and that of one just installed. */

import { startSettings } from "./settings.js";
import { startSwitches } from "./switches.js";

const installed = document.querySelector(".installed");
// What was just installed has no address to be fetched from: its plugin's page comes in its place.
if (!installed) startSwitches(["plugin-title", "plugin-intro", "plugin-side"]);
startSettings();

/** The page that installs a plugin. */

import { startInstalling } from "./installing.js";

startInstalling();

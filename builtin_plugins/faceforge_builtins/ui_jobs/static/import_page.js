/** The page that starts an import: the folders of Core's computer to choose from. */

import { startFolders } from "./folders.js";

startFolders();
